"""All cells, in the order of the table."""

import cells_icmp
import cells_shadow
import cells_tcp
import cells_tcp_timers
import cells_timers
import cells_udp

GROUPS = {
    "UDP: mapping, port choice, filtering": cells_udp.CELLS,
    "UDP: timers": cells_timers.CELLS,
    "ICMP": cells_icmp.CELLS,
    "The shadow entry": cells_shadow.CELLS,
    "TCP: connections": cells_tcp.CELLS,
    "TCP: timers": cells_tcp_timers.CELLS,
}
CELLS = [cell for group in GROUPS.values() for cell in group]
