"""What the API has in beta: the table is the SDK's, and who knows no beta is not sent it."""

from typing import Any, get_args

import pytest
import typing_extensions
from anthropic.types import OutputConfigParam, ThinkingConfigAdaptiveParam
from anthropic.types.beta import (
    BetaMessageParam,
    BetaOutputConfigParam,
    BetaThinkingConfigAdaptiveParam,
)
from anthropic.types.beta.message_create_params import MessageCreateParamsNonStreaming as InBeta
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming as Plain
from anthropic.types.message_param import MessageParam

from proxy_core.dialects.anthropic_native.repairs import BETAS
from proxy_core.ledger import Ledger, LossKind, Reason
from tests.support.native import Json, request, sent, target


def members(kind: Any) -> set[str]:
    """The members of a type, or of all that it may be."""
    return {
        name for one in get_args(kind) or (kind,) for name in typing_extensions.get_type_hints(one)
    }


@pytest.mark.parametrize(
    ("place", "beta", "plain"),
    [
        ("", InBeta, Plain),
        ("/messages/*", BetaMessageParam, MessageParam),
        ("/output_config", BetaOutputConfigParam, OutputConfigParam),
        ("/thinking", BetaThinkingConfigAdaptiveParam, ThinkingConfigAdaptiveParam),
    ],
)
def test_the_table_is_the_difference_of_the_sdks_types(place: str, beta: Any, plain: Any) -> None:
    listed = {one.rpartition("/")[2] for one in BETAS if one.rpartition("/")[0] == place}
    sent_as_header = {"betas"}
    of_older_clients = {"output_format"}
    assert listed - of_older_clients == members(beta) - members(plain) - sent_as_header


@pytest.mark.parametrize(
    ("fields", "path", "reason"),
    [
        ({"fallbacks": "default"}, "/fallbacks", Reason.ADVISORY),
        ({"fallback_credit_token": "t"}, "/fallback_credit_token", Reason.CLIENT_METADATA),
        ({"mcp_servers": []}, "/mcp_servers", Reason.EMPTY),
        ({"thread": None}, "/thread", Reason.EMPTY),
        (
            {"output_format": {"type": "json_schema", "schema": {}}},
            "/output_format",
            Reason.STRUCTURED_OUTPUT,
        ),
    ],
)
def test_betas_are_left_out_and_named(fields: Json, path: str, reason: Reason) -> None:
    ledger = Ledger()
    assert not fields.keys() & sent(request(**fields), target(betas=False), ledger).keys()
    assert [(loss.path, loss.kind, loss.reason) for loss in ledger] == [
        (path, LossKind.DROPPED, reason)
    ]
    assert sent(request(**fields)).items() >= fields.items()
