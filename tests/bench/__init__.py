"""Figures, told as ratios measured in one run: `nox -s bench`. Nothing here passes or fails."""
