"""Why natsim does otherwise than Linux where it does: by cell and step, or for a whole cell."""

EXPLAINED: dict[tuple[str, str], str] = {
    ("mapping.after_collision", "b3"): (
        "Linux has flows and no mappings: a new flow takes over the port of its inside endpoint's "
        "latest one. natsim keeps the endpoint's first mapping for every remote with which it does "
        "not collide, so a collision with one remote changes nothing for the others."
    ),
    ("tcp.reset_out_of_window", ""): (
        "Linux follows sequence numbers and windows, and takes a segment outside of them for no "
        "part of the connection. natsim follows the flags alone."
    ),
}


def explanation(cell: str, step: str) -> str:
    return EXPLAINED.get((cell, step)) or EXPLAINED.get((cell, ""), "")
