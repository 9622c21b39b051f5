"""The kit finds bugs: a good plugin with one fault each, and the check that finds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from proxy_core.ledger import Ledger
from proxy_core.testing import watch
from proxy_core.testing.candidates import installed, of_object
from proxy_core.testing.checks import CHECKS
from proxy_core.testing.complaint import Complaint
from tests.support.distributions import install
from tests.support.mutants import MISSPELLED, Acme, answers, errors, requests, with_card
from tests.support.mutants.quiet import QUIET

EXAMPLES = 100
HANGING = answers.reading(answers.hanging)
BY_NAME = {check.name: check for check in CHECKS}

MUTANTS: list[tuple[str, Any, str, str]] = [
    # What is wrong, the plugin, the check that finds it, words of its complaint.
    (
        "hook without its decorator",
        answers.Unmarked(),
        "the_plugin_loads",
        "decorate it with @hookimpl",
    ),
    ("no word of documentation", with_card(docs=""), "cards_are_complete", "is documented"),
    ("no variable for the key", with_card(key_env=()), "cards_are_complete", "names no variable"),
    (
        "misspelled quirk in the table of models",
        with_card(models=MISSPELLED),
        "facts_about_models_are_understood",
        "there is no quirk 'max_token_field'",
    ),
    (
        "random seed",
        requests.sending(requests.random_seed),
        "the_same_request_is_sent_the_same",
        "the second time its body is another",
    ),
    (
        "request changed in place",
        requests.asking(requests.emptied),
        "the_clients_request_is_left_alone",
        "the plugin changed unknown",
    ),
    (
        "stream not asked for",
        requests.upstream(lambda made: msgspec.structs.replace(made, stream=False)),
        "a_stream_is_asked_for_when_the_client_wants_one",
        "`stream` is another",
    ),
    (
        "model in the path as it is",
        requests.upstream(requests.model_in_the_path),
        "no_model_name_leads_elsewhere",
        "its path",
    ),
    (
        "key in a header",
        requests.upstream(requests.key_in_a_header),
        "keys_are_left_to_core",
        "holds the key",
    ),
    (
        "losses not in the ledger",
        requests.asking(lambda request, _: (request, Ledger())),
        "what_is_not_sent_is_in_the_ledger",
        "neither sent nor in the ledger",
    ),
    (
        "ledger that lies",
        requests.asking(requests.lying),
        "what_the_ledger_says_is_true",
        "in the ledger as dropped, and sent",
    ),
    (
        "keywords removed from among the parameters",
        requests.sending(requests.no_keywords),
        "properties_may_be_called_like_keywords",
        "other parameters",
    ),
    (
        "failed calls told as fine",
        requests.asking(requests.no_failures),
        "a_failed_call_is_told_as_failed",
        "`is_error` is not sent",
    ),
    (
        "another vendor's envelope passed on",
        requests.sending(requests.first_signature),
        "reasoning_of_another_vendor_is_not_sent",
        "sealed reasoning is sent",
    ),
    ("counter taken on trust", errors.BadCounter(), "counting_is_safe", "proxy_count_tokens"),
    (
        "each message looks through all before it",
        requests.asking(requests.looking_back),
        "time_grows_with_the_length_of_a_request",
        "times as long",
    ),
    (
        "content in blocks left out",
        requests.sending(requests.strings_only),
        "what_is_said_keeps_its_order",
        "says other things",
    ),
    (
        "empty input sent as no JSON",
        requests.sending(requests.empty_arguments),
        "calls_are_sent_as_they_were_made",
        "could not read the request",
    ),
    (
        "results swapped",
        requests.sending(requests.swap_results),
        "each_call_has_its_own_result_right_after_it",
        "the result of another",
    ),
    (
        "text before the results",
        requests.sending(requests.text_first),
        "each_call_has_its_own_result_right_after_it",
        "user speaks before the results",
    ),
    (
        "ids cut until two are the same",
        requests.sending(requests.short_ids),
        "each_call_has_its_own_result_right_after_it",
        "two calls share the id",
    ),
    (
        "ids of another form on the way back",
        requests.sending(requests.other_ids),
        "an_answer_goes_home_as_it_came",
        "goes back as 'acme_",
    ),
    (
        "reasoning lost on its way back",
        requests.sending(requests.no_reasoning, reasoning_history="reasoning"),
        "an_answer_goes_home_as_it_came",
        "reasoning is lost",
    ),
    (
        "reasoning lost in whole answers",
        answers.meddling(lambda _: {"thinking": lambda _text: None}),
        "whole_and_streamed_answers_are_the_same",
        "differs from the whole one",
    ),
    (
        "text lost in whole answers",
        answers.meddling(lambda _: {"text": lambda _text: None}),
        "a_whole_answer_is_what_the_model_said",
        "says something else",
    ),
    (
        "fragments of calls all to the first",
        answers.changing(answers.always_first),
        "a_streamed_answer_is_what_the_model_said",
        "",
    ),
    (
        "piece of the arguments lost",
        answers.changing(answers.no_last_brace),
        "a_streamed_answer_is_what_the_model_said",
        "",
    ),
    (
        "limit told as an end",
        answers.changing(answers.limit_is_an_end),
        "stop_reasons_are_told_as_they_are",
        "the stop reason is another one",
    ),
    (
        "table of stop reasons without a default",
        answers.changing(answers.known_finish),
        "an_unheard_stop_reason_is_survived",
        "KeyError",
    ),
    (
        "cached tokens counted twice",
        answers.meddling(answers.counted_twice, streams=True),
        "usage_is_the_vendors",
        "the usage is another one",
    ),
    (
        "two tools of one name",
        requests.sending(requests.lower_names),
        "tools_are_called_by_the_clients_names",
        "",
    ),
    (
        "answers remembered",
        answers.Remembering(),
        "any_chunking_gives_the_same_answer",
        "comes out differently each time",
    ),
    (
        "one stream for all",
        answers.Shared(),
        "answers_are_read_side_by_side",
        "",
    ),
    (
        "end_turn invented",
        answers.Inventing(),
        "a_cut_stream_is_an_error",
        "a cut stream ends as if it were whole: end_turn",
    ),
    (
        "error inside a stream passed over",
        answers.reading(answers.deaf_to_errors),
        "an_error_inside_a_stream_is_an_error",
        "the vendor's words are lost",
    ),
    (
        "all that came is searched with each event",
        answers.reading(answers.searching),
        "time_grows_with_the_length_of_an_answer",
        "times as long",
    ),
    ("every event kept", answers.reading(answers.keeping), "memory_is_bounded", "bytes"),
    (
        "table of statuses without a default",
        errors.judging(errors.by_table),
        "every_status_means_something",
        "KeyError",
    ),
    (
        "every failure has a status",
        errors.judging(errors.by_status),
        "faults_of_the_transport_mean_something",
        "TypeError",
    ),
    (
        "a limit is not asked again",
        errors.judging(errors.plain({"retryable": False})),
        "clients_can_act_on_a_failure",
        "may be asked again",
    ),
    (
        "the vendor's words kept back",
        errors.judging(errors.plain({"message": "something went wrong"})),
        "the_vendors_words_reach_the_client",
        "the vendor's words are lost",
    ),
    (
        "the vendor's words shown as they are",
        errors.judging(errors.as_it_stands),
        "keys_in_errors_are_hidden",
        "the key is shown",
    ),
    (
        "the vendor's wait not read",
        errors.judging(errors.plain({"retry_after": None})),
        "the_vendors_wait_is_kept",
        "the wait is another one",
    ),
    (
        "endless loop on garbage",
        HANGING,
        "any_stream_is_an_answer_or_an_error",
        "did not come back",
    ),
    (
        "stop reason of whole answers left out",
        answers.meddling(lambda _: {"finish": lambda _reason: None}),
        "a_whole_answer_is_what_the_model_said",
        "taken for a failure",
    ),
    (
        "body taken on trust",
        answers.trusting_bodies(lambda body: json.loads(body)["choices"]),
        "any_body_is_an_answer_or_an_error",
        "failed in proxy_translate_response",
    ),
    (
        "choice taken on trust",
        answers.trusting_bodies(answers.first_message),
        "a_spoiled_body_is_survived",
        "failed in proxy_translate_response",
    ),
    (
        "chunks taken on trust",
        answers.reading(answers.trusting),
        "a_spoiled_stream_is_survived",
        "failed in feed",
    ),
    (
        "answer quoted in an error",
        answers.reading(answers.quoting),
        "content_stays_out_of_error_messages",
        "an error quotes the answer",
    ),
    ("error's body taken on trust", errors.BadRescuer(), "rescuing_is_safe", "proxy_rescue_error"),
    *QUIET,
]


@pytest.mark.parametrize(
    ("plugin", "check", "words"), [row[1:] for row in MUTANTS], ids=[row[0] for row in MUTANTS]
)
def test_the_fault_is_found(
    plugin: Any, check: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if plugin is HANGING:
        monkeypatch.setattr(watch, "LIMIT", 1.0)
    with pytest.raises(Complaint) as found:
        BY_NAME[check].hold(of_object(plugin), EXAMPLES)
    assert words in str(found.value)


_READS = """
import os
from tests.support.mutants import Acme
KEY = os.environ.get("ACME_API_KEY")
plugin = Acme()
"""
_OPENS = """
from pathlib import Path
from tests.support.mutants import Acme
HOSTS = Path("/etc/hosts").read_text()
plugin = Acme()
"""
_STARTS = """
import threading
from tests.support.mutants import Acme
threading.Thread(target=int).start()
plugin = Acme()
"""
_OF_TOMORROW = """
from proxy_core.contract import Provider
from tests.support.mutants import Acme
class Later(Acme):
    providers = (Provider(name="acme", base_url="https://acme.example", api_version=(2, 0)),)
plugin = Later()
"""
MODULES = {
    "environment read at import": (_READS, "importing_does_nothing", "the variable ACME_API_KEY"),
    "file opened at import": (_OPENS, "importing_does_nothing", "open a file"),
    "thread started at import": (_STARTS, "importing_does_nothing", "start a thread at .*:4"),
    "API of tomorrow": (_OF_TOMORROW, "the_plugin_loads", "plugin API 2.0"),
}


@pytest.mark.parametrize(("source", "check", "words"), MODULES.values(), ids=MODULES)
def test_the_fault_of_a_module_is_found(site: Path, source: str, check: str, words: str) -> None:
    install(site, "proxy-acme", {"acme": "acme_module:plugin"}, {"acme_module": source})
    with pytest.raises(Complaint, match=words):
        BY_NAME[check].hold(installed("acme"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.name))
def test_each_check_finds_some_fault_and_the_good_plugin_none(check: Any) -> None:
    tried = {row[2] for row in MUTANTS} | {"importing_does_nothing"}
    assert check.name in tried
    check.hold(of_object(Acme()), 20)
