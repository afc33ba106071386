"""Why natsim does otherwise than Linux where it does: by cell and step, or for a whole cell."""

EXPLAINED: dict[tuple[str, str], str] = {
    ("mapping.after_collision", "b3"): (
        "Linux has flows and no mappings: a new flow takes over the port of its inside endpoint's "
        "latest one. natsim keeps the endpoint's first mapping for every remote with which it does "
        "not collide, so a collision with one remote changes nothing for the others."
    ),
    ("hairpin.accepted", "h"): (
        "natsim's box takes for its own what comes from outside. What comes from inside for its "
        "external address it drops without an answer."
    ),
    ("tcp.refused", "b"): (
        "Linux forgets a connection at once whose SYN is answered by an RST. natsim keeps it as "
        "long as any other that an RST has closed, since an RST may be forged (RFC 7857 section 2)."
    ),
    ("tcp.segment_after_reset", "after"): (
        "In Linux a connection that an RST has closed stays closed. natsim's presets of Linux "
        "leave tcp_revives_after_reset on; with it set to false they do the same."
    ),
    ("tcp.reset_out_of_window", ""): (
        "Linux follows sequence numbers and windows, and takes a segment outside of them for no "
        "part of the connection. natsim follows the flags alone."
    ),
}


def explanation(cell: str, step: str) -> str:
    return EXPLAINED.get((cell, step)) or EXPLAINED.get((cell, ""), "")
