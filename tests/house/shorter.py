"""Scenarios whose captures would be long and say no more than those of shorter runs."""

from pathlib import Path

SETTINGS = {
    "any_packet_lost.lua": {"most": "10"},
    "consent.lua": {"hours": "1"},
    "first_call.lua": {"time": "10s"},
    "forward_error_correction.lua": {"time": "20s"},
    "keepalive_grid.lua": {"homes": "1"},
    "long_relayed_call.lua": {"time": "20s"},
    "simulcast.lua": {"time": "35s"},
    "only_the_web.lua": {"time": "10s"},
    "media.lua": {"time": "10s"},
}


def settings_for(scenario: Path) -> list[str]:
    """The options of `natsim run` that make a scenario file's runs short."""
    settings = SETTINGS.get(scenario.name, {})
    return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
