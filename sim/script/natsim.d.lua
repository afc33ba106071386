---@meta natsim
-- The scenario API of natsim for the Lua language server (LuaCATS annotations).
--
-- In an editor, add this folder to `Lua.workspace.library`; nothing has to be required in a
-- scenario. Every function and key is listed with its unit and its default.

-- Quantities ------------------------------------------------------------------------------------

---A written duration: a decimal number and ns, us, ms, s, min, h or d ("20ms", "1.5s").
---@alias Duration.Text string
---A written rate in bits per second: bit, kbit, Mbit, Gbit or Tbit ("1.5Mbit"), or "unlimited".
---@alias Rate string
---A written size: B, kB, MB, GB (powers of 1000), KiB, MiB, GiB (powers of 1024) ("1500B").
---@alias Size string
---A written percentage from 0% to 100% ("0.5%").
---@alias Share string

---A span of virtual time, exact to the nanosecond. It adds to, subtracts from and compares with
---durations and their texts, is multiplied and divided by numbers, and divided by another duration
---gives a number. As text it is "85ms".
---@class Duration
---@field seconds number
---@field milliseconds number
---@field nanoseconds integer
---@operator add(Duration|Duration.Text): Duration
---@operator sub(Duration|Duration.Text): Duration
---@operator mul(number): Duration
---@operator div(number): Duration
---@operator unm: Duration

---@alias AnyDuration Duration|Duration.Text

---Reads a written duration.
---@param text AnyDuration
---@return Duration
function duration(text) end

-- A file's scenarios ----------------------------------------------------------------------------

---Declares a scenario. It is run in a world of its own, as a coroutine; when the function returns
---the run is over, and what is still under way is dropped.
---@param name string unique in the file
---@param body fun(net: Net)
function scenario(name, body) end

---Declares a parameter, which `--set name=value` changes. The default's type is the parameter's: a
---boolean, a whole number, a number, a quantity (with the default's kind of unit) or a text.
---@generic T: boolean|number|string|Duration
---@param name string
---@param default T
---@param distribution? Distribution what `natsim sweep --sample` draws from; a run that is not set has the default
---@return T
---@return FirewallPreset? firewall in front of the NAT, of a parameter that draws from a `nat_mix`
function param(name, default, distribution) end

---What a sweep draws a parameter from: one of these. Values are written as the default is.
---@class Distribution
---@field uniform? { [1]: any, [2]: any } the lowest and the highest of a range, every value in it as likely
---@field log_uniform? { [1]: any, [2]: any } the same with every factor as likely; the lowest is above zero
---@field choice? (any|{ [1]: any, [2]: integer })[] one of several values, each with a weight if they are not as likely
---@field nat_mix? NatMix presets of NATs, and firewalls in front, by their share of a population; for `--set` both are joined by a plus

---Lets virtual time pass.
---@param duration AnyDuration
function sleep(duration) end

---Writes a line into the run's log. Tables are shown with what they hold.
---@param ... any
function log(...) end

---The same as `log`.
---@param ... any
function print(...) end

---Reports a result of the run. Each name can be reported once.
---@param name string
---@param value boolean|number|string|Duration
---@param options? { unit: string } of a number, as plots and tables are to show it
function metric(name, value, options) end

---@class GoldenOptions
---@field text? string
---@field digest? boolean that of all that happened is part of it; default false

---Has `natsim test` compare a text, such as a table of results, with the scenario's section in the file `.golden` beside its
---own: what has changed is shown line by line, and `--update-golden` writes it anew. Compared with the seed 1 alone, and
---once a scenario.
---@param outcome string|GoldenOptions
function golden(outcome) end

---Ends the scenario as a failed expectation does.
---@param message string
function fail(message) end

---A population of homes; `natsim presets NAME` shows what is in it.
---@alias NatMix "halkes2010"|"cellular2011"|"richter2016-home"|"richter2016-fixed"|"richter2016-cellular"

---Draws a home's NAT, and the firewall in front of it if there is one, out of a population.
---@param mix NatMix
---@return NatPreset nat
---@return FirewallPreset? firewall
function nat_mix(mix) end

---Loads `<name>.lua` of the scenario's folder once and gives what it returns. A dot in the name
---leads into a subfolder.
---@param name string
---@return any
function require(name) end

---What is expected of a value. An assertion that does not hold ends the scenario, and the run has
---failed. Where the value is a duration, texts such as "2s" are read as durations.
---@class Expectation
---@field never Expectation the same assertions, denied
local Expectation = {}
---The same boolean, number, text or duration, or a list of the same.
---@param expected any
function Expectation.equals(expected) end
---@param most number|AnyDuration
function Expectation.at_most(most) end
---@param least number|AnyDuration
function Expectation.at_least(least) end
---Both ends included.
---@param low number|AnyDuration
---@param high number|AnyDuration
function Expectation.between(low, high) end
---A text with a match of the Lua pattern.
---@param pattern string
function Expectation.matches(pattern) end
---A text with this text in it, or a list with an element that equals this.
---@param part any
function Expectation.contains(part) end

---@param value any
---@return Expectation
function expect(value) end

-- The network -----------------------------------------------------------------------------------

---Losses in bursts, by the Gilbert-Elliott model: either `mean` and `burst`, where every packet of
---a burst is lost, or the model's own probabilities, of which `p` and `r` are needed.
---@class BurstLoss
---@field mean? Share of packets lost
---@field burst? number packets lost in a row on average, at least 1
---@field p? Share from the good state to the bad one, at each packet
---@field r? Share from the bad state to the good one
---@field loss_good? Share lost in the good state; default "0%"
---@field loss_bad? Share lost in the bad state; default "100%"

---@class RateStep
---@field at AnyDuration since the schedule was set; the first step's is "0s"
---@field rate Rate|"none" from then on; "none" lets nothing pass

---Steps in a list.
---@class RateSchedule
---@field [integer] RateStep
---@field period? AnyDuration after which the schedule begins again; default: the last step stays

---How one direction of a link treats packets. A packet passes mtu, queue, serialisation at the
---rate, one-way delay with jitter, reordering, corruption, duplication, and loss, in this order.
---Each kind of chance has a random stream of its own.
---@class LinkDirection
---@field one_way_delay? AnyDuration propagation after serialisation; default "0s"
---@field jitter? AnyDuration by how much delays differ from one_way_delay; default "0s"
---@field jitter_distribution? "uniform"|"normal"|"pareto" evenly from ± jitter, or with jitter as the deviation, of "pareto" with a long tail; default "uniform"
---@field jitter_samples? AnyDuration[] in place of jitter: each delay is one_way_delay and one of these, drawn evenly
---@field reorder? boolean whether jitter may let a packet overtake another; default false
---@field reordered? Share of packets that are held back by reordered_by for others to overtake; default "0%"
---@field reordered_by? AnyDuration needed by `reordered`
---@field duplicate? Share of packets that a copy follows; default "0%"
---@field corrupt? Share of packets with a flipped bit behind the IP header, which the receiver's checksum finds; default "0%"
---@field rate? Rate of IP datagrams; default "unlimited", which has no queue
---@field rate_schedule? RateSchedule in place of `rate`
---@field trace? string in place of `rate`: a file of the scenario's folder in Mahimahi's format, a line for each millisecond at which 1500 bytes may leave, over and over
---@field loss? Share the probability that a packet is lost, each on its own; default "0%"
---@field burst_loss? BurstLoss beside `loss`; default none
---@field queue? "drop_tail"|"codel"|"fq_codel" RFC 8289, RFC 8290; default "drop_tail"
---@field queue_packets? integer packets that may wait or be in serialisation; from 1 to 1000000000; default 1000
---@field queue_bytes? Size the same in bytes; default "0B": only queue_packets limits
---@field codel_target? AnyDuration acceptable standing delay; default "5ms"
---@field codel_interval? AnyDuration in which it has to be undercut; default "100ms"
---@field fq_flows? integer queues among which flows are hashed; from 1 to 65536; default 1024
---@field fq_quantum? Size that a flow may send in its turn; default "1514B"
---@field mtu? Size the largest IP datagram, "576B" to "65535B"; default "1500B"
---@field mtu_black_hole? boolean routers drop what is too large for the link without telling the sender; default false

---Access links with published figures. Those of iroh's ladder, from "good-wifi" to "absurd", are
---given there as round trips: half of delay and jitter each way. Those of patchbay and str0m are
---one-way, as they are.
---@alias LinkPreset "good-wifi"|"congested-wifi"|"weak-4g"|"slow-3g"|"congested-cellular"|"very-bad-cellular"|"geostationary-satellite"|"barely-usable"|"absurd"|"patchbay-wifi"|"patchbay-bad-wifi"|"patchbay-4g"|"patchbay-3g"|"patchbay-leo-satellite"|"patchbay-geo-satellite"|"str0m-wifi"|"str0m-cellular"|"str0m-congested"|"str0m-satellite"

---@class LinkOptions: LinkDirection
---@field preset? LinkPreset the options to begin with, in both directions
---@field up? LinkDirection replaces options away from the node that the link is written for
---@field down? LinkDirection replaces options towards it

---A link as written for one end: the neighbour first, then the link's options.
---@class Attachment: LinkOptions
---@field [1] Router|Nat|Firewall|string the neighbour or its name
---@field ip? string|string[] addresses of this end; default: the next free one (see `Net`), for a router none: without one it sends no ICMP errors that way

---What a NAT does, in the words of RFC 4787. Without a preset the defaults are those below. Timeouts
---are at most "365d". In brackets is where an option comes from.
---@class NatOptions
---@field preset? NatPreset|string the options to begin with
---@field mapping? "EIM"|"ADM"|"APDM"|"endpoint-independent"|"address-dependent"|"address-and-port-dependent" how much of the remote endpoint a mapping depends on; default "EIM" (RFC 4787 REQ-1)
---@field filtering? "EIF"|"ADF"|"APDF"|"endpoint-independent"|"address-dependent"|"address-and-port-dependent" how much of a remote endpoint must have been sent to before it is let in; default "ADF" (RFC 4787 REQ-8)
---@field filter_scope? "per_mapping"|"per_endpoint" whose sent packets open a mapping's filter; default "per_mapping" (RFC 4787 section 5)
---@field symmetric_on_collision? boolean a mapping whose internal port is taken serves one remote endpoint alone; default false (Ford et al. section 6.3)
---@field degrade_above? integer from this number of mappings on new ones are APDM/APDF; 0: never; default 0 (forbidden by RFC 4787 REQ-11)
---@field port_allocation? "preserve"|"preserve_overload"|"sequential"|"random"|"random_overload"|"hash_of_remote" which external port a new mapping is to have; default "preserve" (RFC 4787 section 4.2)
---@field on_collision? "next_free"|"random"|"linux_search"|"refuse" what happens if it cannot have that port; default "next_free"
---@field port_range? [integer, integer] the first and the last external port; from 1 to 65535; default { 1024, 65535 }
---@field port_classes? "one"|"two"|"three" which internal ports below 1024 have external ports of their own; default "one" (RFC 4787 REQ-3a)
---@field preserve_parity? boolean even ports stay even and odd ones odd as long as there are such; default false (RFC 4787 REQ-4)
---@field port_stride? integer how far sequential ports are from one another; from 1 to 1024; default 1
---@field remember_port? boolean a mapping that is made anew gets the port that it had, if it is free; default false
---@field port_hold_down? AnyDuration for how long no other host gets a port that is not used any more; default "0s" (RFC 6888 REQ-8)
---@field port_blocks? "none"|"dynamic"|"deterministic" how an inside host comes by blocks of ports; default "none" (RFC 6888 REQ-14, RFC 7422)
---@field port_block_size? integer ports in a block; from 1 to 65535; default 512
---@field port_blocks_per_host? integer blocks that an inside host may have at once; from 1 to 65535; default 1
---@field subscribers? string the inside hosts that have deterministic blocks, in order; default "100.64.0.0/10" (RFC 7422 section 2)
---@field pooling? "paired"|"arbitrary"|"hash_of_source"|"hash_of_source_and_destination" which external address a new mapping gets; default "paired" (RFC 4787 REQ-2)
---@field pool_fallback? boolean it gets another one if that has no port left; default false (RFC 7857 section 4)
---@field udp_timeout? AnyDuration until an idle UDP mapping is gone; more than 0s; default "300s" (RFC 4787 REQ-5)
---@field udp_timeout_new? AnyDuration the same while nothing has come in; 0s: as udp_timeout; default "0s"
---@field udp_timeout_replied? AnyDuration the same once something has; 0s: as udp_timeout; default "0s"
---@field udp_timeout_stream? AnyDuration the same if it is older than udp_stream_after besides; 0s: as udp_timeout; default "0s"
---@field udp_stream_after? AnyDuration the age from which UDP that was answered is a stream; default "0s"
---@field udp_port_timeouts? [integer, AnyDuration][] timeouts of UDP to some remote ports, in every phase; at most 32 rows; default {} (RFC 4787 REQ-5a)
---@field timer_scope? "per_mapping"|"per_session" what has an idle timer: a mapping or each of its UDP sessions; default "per_mapping"
---@field refresh? "outbound"|"inbound"|"both"|"per_direction" which packets restart the timer; default "both" (RFC 4787 REQ-6)
---@field max_lifetime? AnyDuration the age at which a mapping ends whatever its packets; 0s: it does not; default "0s"
---@field tcp_timeout_syn_sent? AnyDuration until an idle TCP connection is gone that no SYN of was acknowledged; more than 0s; default "240s" (RFC 5382 REQ-5)
---@field tcp_timeout_syn_received? AnyDuration the same if one SYN was acknowledged; more than 0s; default "240s" (RFC 5382 REQ-5)
---@field tcp_timeout_established? AnyDuration the same once both were; more than 0s; default "7440s" (RFC 5382 REQ-5)
---@field tcp_timeout_fin_wait? AnyDuration the same after one FIN; more than 0s; default "240s" (RFC 5382 REQ-5)
---@field tcp_timeout_close_wait? AnyDuration the same once that FIN was acknowledged; more than 0s; default "240s" (RFC 5382 REQ-5)
---@field tcp_timeout_last_ack? AnyDuration the same after both FINs; more than 0s; default "240s" (RFC 7857 section 2)
---@field tcp_timeout_time_wait? AnyDuration the same once both FINs were acknowledged; more than 0s; default "240s" (RFC 7857 section 2)
---@field tcp_timeout_closed? AnyDuration the same after an RST; more than 0s; default "240s" (RFC 7857 section 2)
---@field icmp_query_timeout? AnyDuration until an idle ICMP query mapping is gone; more than 0s; default "60s" (RFC 5508 REQ-2)
---@field tcp_midstream? "drop"|"reset"|"pick_up" what a TCP segment meets that belongs to no connection and begins none; default "drop"
---@field tcp_simultaneous_open? boolean the two SYNs of a simultaneous open find each other; default true (RFC 5382 REQ-2a)
---@field tcp_revives_after_reset? boolean a segment after an RST shows that the RST was forged; default true (RFC 7857 section 2)
---@field tcp_ends_when_refused? boolean an RST that is the only answer to a SYN ends the connection at once; default false
---@field tcp_reset_on_expiry? boolean both ends get an RST when an established connection's timer runs out; default false
---@field icmp_query_ends_at_reply? boolean an ICMP query mapping ends at the first reply; default false (RFC 7857 section 12)
---@field icmp_errors? "translate"|"drop"|"pass_untranslated" what happens to ICMP errors about translated packets; default "translate" (RFC 5508 section 4)
---@field unsolicited? "drop"|"port_unreachable"|"accept_local_and_track" what UDP and ICMP queries from outside get that no mapping admits; default "drop"
---@field unsolicited_syn? "drop"|"port_unreachable"|"reset"|"hold" what a SYN from outside gets that no mapping admits; default "drop" (RFC 5382 REQ-4)
---@field hairpin? "off"|"external_source"|"internal_source" what happens to a packet from inside for an external address; default "external_source" (RFC 4787 REQ-9)
---@field hairpin_filtered? boolean such a packet has to pass the receiver's filter; default true (Ford et al. section 6.3)
---@field mapped_ports_outbound? boolean what a host sends from a port that it has had mapped leaves by that mapping; default true
---@field fragments? "drop"|"in_order_only"|"out_of_order" which fragments get through, of which only the first has ports; default "out_of_order" (RFC 4787 REQ-14)
---@field fragment_timeout? AnyDuration how long a fragment waits for the first one of its datagram, and is let through after it; more than 0s; default "30s"
---@field max_fragments? integer how many fragments may wait, and of how many datagrams the first is remembered; from 1 to 65536; default 1024 (RFC 4787 REQ-14a)
---@field alg_sip? boolean the addresses and ports in SIP and SDP are translated, of UDP on port 5060; default false (RFC 4787 REQ-10)
---@field alg_any_address? boolean so are four bytes of any UDP payload that are a translated address, with a port beside them; default false (RFC 8489 section 14.1)
---@field max_mappings? integer at once; 0: as many as there are ports; default 0 (RFC 6888 REQ-5)
---@field max_mappings_per_host? integer at once for one inside host; 0: as many as there are ports; default 0 (RFC 6888 REQ-4)
---@field max_udp_mappings_per_host? integer the same of UDP alone; default 0 (RFC 6888 REQ-4)
---@field max_tcp_mappings_per_host? integer the same of TCP alone; default 0 (RFC 6888 REQ-4)
---@field max_icmp_mappings_per_host? integer the same of ICMP queries alone; default 0 (RFC 6888 REQ-4)
---@field max_new_mappings_per_second? integer how many an inside host may make in a second; 0: no limit; default 0
---@field on_exhaustion? "silent"|"admin_prohibited"|"host_unreachable"|"evict_oldest"|"evict_unreplied" what happens for want of ports or of a host's share; default "admin_prohibited" (RFC 6888 REQ-11, RFC 5508 REQ-8)
---@field on_table_full? "silent"|"admin_prohibited"|"host_unreachable"|"evict_oldest"|"evict_unreplied" what happens when there are max_mappings; default "admin_prohibited" (RFC 6888 REQ-11)

---NATs known by name; `natsim presets` lists them and `natsim presets NAME` shows all that one does.
---The nine kinds by mapping and filtering are names as well, from "EIM/EIF" to "APDM/APDF".
---@alias NatPreset "full-cone"|"restricted"|"restricted-cone"|"port-restricted"|"port-restricted-cone"|"symmetric"|"symmetric-seq"|"symmetric-open"|"rfc4787-strict"|"rfc4787-open"|"linux-masquerade"|"linux-masquerade-drop"|"linux-random"|"openwrt"|"linux-fullcone"|"mikrotik-v7"|"mikrotik-v6"|"docker-bridge"|"pf"|"pf-static-port"|"pf-eim"|"libalias"|"libalias-eim"|"realtek-cheap"|"winnat"|"asa"|"srx-persistent-any"|"srx-persistent-host"|"srx-persistent-hostport"|"slirp"|"passt"|"aws-natgw"|"gcp-cloudnat-eim"|"gcp-cloudnat-dpa"|"azure-natgw"|"cgn-fixed"|"cgn-fixed-hard"|"cgn-cellular-easy"|"cgn-cellular-hard"|"ds-lite-aftr"|"nat64-plat"

---What a stateful firewall lets through (RFC 6092). Without a preset the defaults are those below.
---@class FirewallOptions
---@field preset? FirewallPreset the options to begin with
---@field filtering? "EIF"|"ADF"|"APDF"|"endpoint-independent"|"address-dependent"|"address-and-port-dependent" who may answer; default "EIF"
---@field refresh? "outbound"|"both" which packets restart a flow's timer; default "outbound"
---@field udp_timeout? AnyDuration until an idle UDP flow is gone; default "120s"
---@field icmp_query_timeout? AnyDuration until an idle echo is; default "60s"
---@field outbound? FirewallRule[] the first that matches decides about what begins inside; default none
---@field inbound? FirewallRule[] likewise about what begins outside; what none matches is denied
---@field otherwise? "allow"|"deny" what no outbound rule matches; default "allow"
---@field captive_portal? boolean nothing but DNS gets out before a host logs in; default false
---@field refuse_outbound? "silence"|"icmp"|"rst" what the sender inside of a dropped packet gets; default "silence"
---@field refuse_inbound? "silence"|"icmp"|"rst" what the sender outside gets; default "silence"
---@field unsolicited_syn? "drop"|"port_unreachable"|"reset"|"hold" what a SYN from outside gets that no rule judges and nothing lets in; "hold" waits 6 s for one from inside before "administratively prohibited" (RFC 6092 REC-34); default: as refuse_inbound says

---One of `allow` and `deny`, and what else has to match.
---@class FirewallRule
---@field allow? "udp"|"tcp"|"any"
---@field deny? "udp"|"tcp"|"any"
---@field port? integer|[integer, integer] of the end that the packet goes to
---@field remote? string where the end outside is, such as "192.0.2.0/24"

---@alias FirewallPreset "rfc6092"|"port-restricted"|"udp-blocked"|"tcp-443-only"|"captive-portal"

---@class RouterOptions
---@field link? Attachment
---@field links? Attachment[]

---@class HostOptions
---@field link? Attachment
---@field links? Attachment[] one interface for each
---@field ip? string|string[] addresses of the first link
---@field family? "ipv4"|"ipv6"|"dual" of addresses that are not given; default "ipv4"

---The network behind a box, and the link of each of its hosts; up leads towards the box.
---@class LanOptions: LinkOptions
---@field prefix? string the addresses inside, such as "192.168.1.0/24"; default: the next of the plan
---@field multicast? boolean whether the hosts hear each other's multicast, which mDNS needs; false as on a Wi-Fi that keeps its clients apart; default true

---@class HomeOptions
---@field nat NatPreset|"none"|string|NatOptions a preset, options, or "none": a router
---@field firewall? FirewallPreset|FirewallOptions between the box and the outside; without a NAT, in the router's place
---@field wan Attachment the link to the outside; its `ip` are the NAT's external addresses
---@field lan? LanOptions
---@field hosts? integer|string[] how many hosts, or their names; default 1, with the home's name
---@field ip? string|string[] addresses of the hosts in their order; without lan.prefix the first one says the /24
---@field family? "ipv4"|"ipv6"|"dual" default "ipv4"; "ipv6" behind a NAT64
---@field nat64? true|string makes the NAT a NAT64 (RFC 6146), IPv6 inside and IPv4 outside, with this prefix; true: "64:ff9b::/96"
---@field clat? true|string puts the customer's half of 464XLAT (RFC 6877), "<name>-clat", in the router's place; the prefix is that of the NAT64 beyond; true: "64:ff9b::/96"
---@field b4? Nat|string puts the customer's half of DS-Lite (RFC 6333), "<name>-b4", in the router's place; its softwire leads to this AFTR, which may be given by its IPv6 address

---@class FirewallNodeOptions
---@field firewall FirewallPreset|FirewallOptions
---@field wan Attachment the link to the outside; its `ip` are the firewall's own addresses
---@field family? "ipv4"|"ipv6"|"dual" of its own addresses; default "ipv4"

---@class CarrierOptions
---@field nat NatPreset|string|NatOptions
---@field wan Attachment
---@field lan? LanOptions
---@field family? "ipv4"|"ipv6"|"dual" default "ipv4"
---@field nat64? true|string makes the NAT a NAT64 (RFC 6146), IPv6 inside and IPv4 outside, with this prefix; true: "64:ff9b::/96"
---@field aftr? true makes the NAT the carrier's half of DS-Lite (RFC 6333), IPv6 inside and IPv4 outside; options about a host are about a customer

---What a scenario builds its world with. Nodes that are given no address get one: in the public
---Internet 192.0.2.1, .2 …, then 198.51.100.x, 203.0.113.x, 198.18.x.x, and 2001:db8::x; behind the
---k-th home 192.168.k.x and fd00:0:0:k::x, the box being the first; behind the k-th `net:nat`
---100.(63+k).x.x and fd64:0:0:k::x.
---@class Net
local Net = {}
---@param name string
---@param options? RouterOptions
---@return Router
function Net:router(name, options) end
---@param name string
---@param options? HostOptions
---@return Host
function Net:host(name, options) end
---A box with hosts behind it: "<name>-nat", or "<name>-router" where `nat` is "none". A firewall is
---"<name>-firewall".
---@param name string
---@param options HomeOptions
---@return Host ... the hosts, in their order
function Net:home(name, options) end
---A NAT with nothing behind it yet, such as a carrier's, for homes to be put behind.
---@param name string
---@param options CarrierOptions
---@return Nat
function Net:nat(name, options) end
---A stateful firewall with nothing behind it yet. Nodes that are linked to it are inside, and keep
---their addresses; those that are given none get one of the outside.
---@param name string
---@param options FirewallNodeOptions
---@return Firewall
function Net:firewall(name, options) end
---Joins two nodes. Up leads from `a` to `b`. A host at `a` gets an interface with an address.
---@param a Host|Router|Nat|Firewall|string
---@param b Router|Nat|Firewall|string
---@param options? LinkOptions|{ ip?: string|string[], family?: "ipv4"|"ipv6"|"dual" }
---@return Link
function Net:link(a, b, options) end
---Starts a call from one host to another.
---@param caller Host|string
---@param callee Host|string
---@param options? CallOptions
---@return Call
function Net:call(caller, callee, options) end
---Joins two peers that are no call: what one of them signals reaches the other. A peer connection
---then exchanges descriptions and candidates by itself, and a program's lines of the types "offer",
---"answer" and "candidate" are handed on.
---@param a Program|PeerConnection
---@param b Program|PeerConnection
---@param options? SignallingDelay
---@return SignallingPath
function Net:signalling(a, b, options) end
---Parts two sides, each a node or a list of nodes. What a node of one side has made, or hands over
---by a link of its own, dies on arrival at a node of the other side. A NAT on its host's side keeps
---the other side's packets from its mappings too.
---@param options PartitionOptions
---@return Partition
function Net:partition(options) end
---How many packets have died for this reason so far, anywhere. `natsim run` tells of all of them.
---@param reason DropReason
---@return integer
function Net:drops(reason) end
---The virtual time since the world began.
---@return Duration
function Net:now() end
---@alias DropReason "link_down"|"queue_overflow"|"queue_management"|"random_loss"|"burst_loss"|"scripted_drop"|"partitioned"|"no_route"|"ttl_expired"|"too_big"|"malformed"|"land"|"nat_no_mapping"|"nat_mapping_expired"|"nat_filtered_address"|"nat_filtered_port"|"nat_ports_exhausted"|"nat_port_collision"|"nat_block_exhausted"|"nat_table_full"|"nat_host_limit"|"nat_host_rate"|"nat_hairpin_off"|"nat_unsupported_protocol"|"nat_icmp_mismatch"|"nat_icmp_policy"|"nat_tcp_no_connection"|"nat_tcp_simultaneous_open"|"nat_syn_withdrawn"|"nat_syn_repeated"|"nat_fragment_policy"|"nat_fragment_out_of_order"|"nat_flushed"|"nat_rebooted"|"nat_renumbered"|"nat_reconfigured"|"firewall_rule"|"firewall_no_state"|"firewall_state_expired"|"firewall_udp_blocked"|"firewall_port_not_allowed"|"captive_portal"|"not_local"|"no_socket"|"bad_checksum"|"interface_down"|"address_gone"|"host_asleep"|"fragment_timeout"|"fragment_overlap"|"fragment_limit"|"agent_unexpected"|"stun_malformed"|"stun_unauthenticated"|"stun_unknown_transaction"|"stun_wrong_ufrag"|"ice_candidate_limit"|"media_not_secured"|"srtp_unauthenticated"|"srtp_replayed"|"turn_no_permission"|"turn_no_channel"|"turn_no_allocation"|"untranslatable"|"softwire_spoofed"

---@class PartitionOptions
---@field [1] Host|Router|Nat|string|(Host|Router|Nat|string)[] one side
---@field [2] Host|Router|Nat|string|(Host|Router|Nat|string)[] the other
---@field one_way? boolean only what goes from the first to the second dies; default false

---@class Partition
---@field count integer packets dropped so far
---@field healed boolean
local Partition = {}
---Ends the partition.
function Partition:heal() end

---@class Router
---@field name string

---The customer's half of 464XLAT: it translates between the IPv4 of its hosts and IPv6.
---@class Clat
---@field name string
---@field prefix string where its hosts' addresses stand in IPv6
---@field plat_prefix string where all others do
---@field wan Link

---The customer's half of DS-Lite: it carries the IPv4 of its hosts to the AFTR, in IPv6.
---@class B4
---@field name string
---@field address string its end of the softwire
---@field aftr_address string the other end
---@field wan Link

---@class LinkCounters
---@field sent integer packets offered
---@field delivered integer
---@field lost integer by chance
---@field overflowed integer dropped by the queue, full or managed
---@field duplicated integer copies made
---@field corrupted integer
---@field reordered integer held back for others to overtake

---@class LinkSwitching
---@field direction? "both"|"up"|"down" default "both"
---@field in_flight? "deliver"|"drop"|"hold" what becomes of packets under way, the queue's included: they arrive, die, or stop until the link is up again; default "deliver"

---@class Link
---@field is_up boolean
local Link = {}
---Changes options of both directions, or of one in `up` or `down`. They apply to packets sent from
---now on.
---@param options LinkOptions
function Link:set(options) end
---Takes the link down, or up again.
---@param up boolean
---@param how? LinkSwitching
function Link:up(up, how) end
---@return { up: LinkCounters, down: LinkCounters }
function Link:counters() end

---A row of a NAT's table.
---@class Mapping
---@field number integer in the order of creation, from 1
---@field internal string endpoint
---@field softwire? string of an AFTR: the address of the B4 behind which `internal` is
---@field external string endpoint
---@field remote? string what the mapping is for, if it depends on the remote: an endpoint or an address
---@field created Duration since the world began
---@field refreshed Duration since the world began
---@field expires Duration since the world began, unless it is refreshed before
---@field packets_out integer
---@field packets_in integer
---@field filter string[] whom the filter admits: endpoints or addresses; empty if it admits anyone

---@class Nat
---@field name string
---@field kind string mapping and filtering, such as "EIM/APDF"
---@field external_address string the first of them
---@field external_addresses string[]
---@field internal_address string the first one inside, which hosts know as their gateway
---@field nat64_prefix? string of a NAT64, such as "64:ff9b::/96"
---@field aftr_address? string of an AFTR, where its customers' softwires lead to
---@field wan Link
local Nat = {}
---The mappings that live now, in the order of their creation.
---@return Mapping[]
function Nat:mappings() end
---The same as a text table.
---@return string
function Nat:natstat() end
---What the NAT does: the value of each of NatOptions but `preset`, in the words of `natsim presets`.
---@return table<string, string>
function Nat:options() end
---Forgets all mappings; its port-mapping server begins anew. What comes for them from then on is
---dropped as nat_flushed. The same is true of the events below, with their own reasons.
function Nat:flush() end
---Forgets all mappings and begins anew; every packet is dropped until the downtime is over.
---@param downtime? AnyDuration default "0s"
function Nat:reboot(downtime) end
---The outside interface has the address in the place of those of its family; all mappings go.
---@param address string
function Nat:renumber(address) end
---Changes options from now on; all mappings go.
---@param changes NatOptions
function Nat:set(changes) end
---Serves NAT-PMP (RFC 6886), PCP (RFC 6887) and UPnP (WANIPConnection) to the hosts inside, at the
---NAT's own address there. The node "<nat>-services" answers for it.
---@param options? PortMapServerOptions
---@return PortMapServer
function Nat:port_mapping(options) end

---@class PortMapServerOptions
---@field nat_pmp? boolean default true
---@field pcp? boolean default true
---@field upnp? boolean for IPv4 alone; default true
---@field allow? boolean false: it answers "not authorized"; default true
---@field min_lifetime? AnyDuration the least that PCP is granted; default "120s"
---@field max_lifetime? AnyDuration the most that NAT-PMP and PCP are granted; default "24h"
---@field reported_address? string what it says its external address is; default: the truth
---@field upnp_version? integer of the gateway device, from 1 to 2; 1 has no AddAnyPortMapping; default 2
---@field upnp_permanent_only? boolean UPnP refuses leases that end, with error 725; default false

---@class PortMapServer
---@field leases integer mappings that live now

---A flow that a firewall has let through.
---@class FirewallFlow
---@field protocol "udp"|"tcp"|"icmp"
---@field internal string endpoint
---@field remote string endpoint
---@field state? string of TCP alone
---@field created Duration since the world began
---@field expires Duration since the world began, unless it is refreshed before

---@class Firewall
---@field name string
---@field wan Link
local Firewall = {}
---The flows that live now, in the order of their creation.
---@return FirewallFlow[]
function Firewall:flows() end
---Lets a host, or everybody, through a captive portal.
---@param host? Host|string
function Firewall:log_in(host) end
---Makes everybody log in again.
function Firewall:log_out() end
---Forgets all flows, as a reboot does.
function Firewall:flush() end

-- Hosts and their programs ----------------------------------------------------------------------

---Where datagrams can be sent to: "203.0.113.10:7", `{ host, 7 }`, or a server or socket.
---@alias EndpointLike string|{ [1]: Host|string, [2]: integer }|Reachable

---@class Reachable
---@field endpoint string

---@class PortMappingOptions
---@field port integer the host's own port; from 1 to 65535
---@field using? "pcp"|"nat-pmp"|"upnp" default "pcp"
---@field protocol? "udp"|"tcp" of what is mapped; default "udp"
---@field external_port? integer the one to be suggested; from 1 to 65535; default: none
---@field prefer_failure? boolean of PCP: rather none than one on another port; default false
---@field peer? EndpointLike of PCP and UDP: keeps the mapping by which the port sends to this endpoint, and opens it to nobody else (PEER, RFC 6887 §12); default: none
---@field lifetime? AnyDuration to ask for, in whole seconds; a UPnP gateway that knows only mappings without end is asked for such a one; default "7200s"
---@field gateway? Nat|string the NAT to ask, or an address; default: the NAT of the host's home. UPnP searches for it

---@class PortMapping
---@field state "requesting"|"mapped"|"failed"|"removing"|"removed"
---@field external? string endpoint, as the gateway told it, while mapped
---@field lifetime? Duration as granted, while mapped; nil without end
---@field expires? Duration since the world began, unless it is renewed before; nil without end
---@field renewals integer
---@field gateway_restarts integer how often the epoch told that the gateway had lost its state
---@field failure? string why it failed: nobody answered, or the gateway's error. PCP's ADDRESS_MISMATCH says that a NAT stands between the host and the gateway
local PortMapping = {}
---Waits until the request under way is answered or given up, and gives the state. NAT-PMP gives a
---gateway that is silent up after 127.75 s, UPnP after 9 s; PCP asks for ever (RFC 6887 8.1.1).
---@param timeout AnyDuration
---@return string
function PortMapping:wait(timeout) end
---Asks for the end of the mapping. One for a `peer` cannot be ended: it is renewed no more.
function PortMapping:remove() end

---A DNS server's records and what it adds.
---@class DnsServerOptions
---@field records? table<string, string|string[]> addresses by name
---@field ttl? AnyDuration of the records, in whole seconds; default "300s"
---@field dns64? true|string makes it a DNS64 (RFC 6147): a name with IPv4 addresses alone has them in this prefix too; true: "64:ff9b::/96"

---@class DnsServer: Reachable
---@field answered integer queries

---@class ResolveOptions
---@field type? "A"|"AAAA" default: of the family of the host's own address
---@field timeout? AnyDuration of a transmission; default "5s"
---@field tries? integer transmissions in all; from 1 to 100; default 3

---@class StunServerOptions
---@field ip? string one of the host's addresses; default the first
---@field port? integer from 1 to 65535; default 3478
---@field software? string SOFTWARE in answers; default none

---@class TurnServerOptions
---@field users? table<string, string> passwords by user name; to be given unless `secret` is
---@field secret? string shared with whoever hands out credentials that expire (draft-uberti-behave-turn-rest)
---@field ip? string one of the host's addresses; default the first
---@field port? integer of UDP; from 1 to 65535; default 3478
---@field tcp_port? integer|false from 1 to 65535, or false for none; default the same as `port`
---@field tls? boolean|TlsServerOptions whether it is served over TLS as well, by ALPN "stun.turn"; default false
---@field tls_port? integer from 1 to 65535; default 5349
---@field relay_ip? string the host's address that relays are on; default all of them
---@field relay_ports? [integer, integer] default { 49152, 65535 }
---@field realm? string default "natsim"
---@field software? string SOFTWARE in answers; default none
---@field nonce_lifetime? AnyDuration default "600s"
---@field default_lifetime? AnyDuration of allocations whose client asks for none; default "600s"
---@field min_lifetime? AnyDuration default "600s"
---@field max_lifetime? AnyDuration default "3600s"
---@field user_quota? integer allocations of one user; from 0 to 1000000; default: no quota
---@field mobility? boolean lets allocations follow their clients to other addresses (RFC 8016); default false
---@field tcp_relays? boolean relays TCP as well (RFC 6062), to clients over `tcp_port` or `tls`; default false
---@field legacy_channels? boolean takes channel numbers up to 0x7FFE (RFC 5766 section 11), as clients of that time ask for; default false
---@field max_permissions? integer of one allocation; from 1 to 1000000; default 1024

---@class LocalOptions
---@field ip? string one of the host's addresses; default the first
---@field port? integer from 1 to 65535; default an ephemeral port; of an echo server 7

---@class SourceOptions
---@field to EndpointLike
---@field port? integer local port; from 1 to 65535; default an ephemeral port
---@field interval? AnyDuration between datagrams; default "20ms"
---@field size? Size payload, "16B" to "65487B"; default "160B"
---@field count? integer datagrams to send; at least 1; default: no end

---How a TCP connection is bound and behaves.
---@class TcpOptions
---@field ip? string one of the host's addresses; default the first, or the one that the peer is reached from
---@field port? integer local port; from 1 to 65535; default an ephemeral port
---@field shared? boolean whether other sockets that say so too may use the same endpoint; default false
---@field initial_rto? AnyDuration retransmission timeout before a measurement (RFC 6298); default "1s"
---@field min_rto? AnyDuration default "1s"
---@field max_rto? AnyDuration default "60s"
---@field syn_retries? integer retransmissions of a SYN before giving up; from 0 to 255; default 6
---@field data_retries? integer retransmissions of anything else before giving up; from 0 to 255; default 15
---@field initial_window? integer congestion window of a new connection in segments (RFC 6928); from 1 to 1000; default 10
---@field nagle? boolean whether a small segment waits for what is unacknowledged; default true
---@field delayed_ack? AnyDuration how long an acknowledgement may wait, below "500ms"; "0ms": not at all; default "40ms"
---@field receive_buffer? Size default "256KiB"
---@field send_buffer? Size default "256KiB"
---@field window_scale? boolean whether windows beyond 65535 bytes are offered (RFC 7323); default true
---@field mss? Size the largest segment to ask for, "28B" to "65495B"; default: what the first link carries
---@field keepalive? AnyDuration idle time before the first probe; "0s": none; default "0s"
---@field keepalive_interval? AnyDuration default "75s"
---@field keepalive_probes? integer without an answer before giving up; from 1 to 255; default 9
---@field time_wait? AnyDuration 2 MSL; default "60s"

---The options of the connections that are accepted; `port` is needed.
---@class TcpListenOptions: TcpOptions

---@class TcpSourceOptions: TcpOptions
---@field to EndpointLike
---@field bytes? Size then it closes; default: no end

---@class StunRequestOptions
---@field port? integer local port; from 1 to 65535; default an ephemeral port
---@field rto? AnyDuration first retransmission timeout; default "500ms"
---@field rc? integer transmissions; from 1 to 100; default 7

---@class StunResult
---@field mapped? string how the server sees the socket
---@field server? string who answered
---@field round_trip? Duration from the first transmission
---@field failure? "no answer"|"error response"|"unusable response"|"redirection to nowhere"|"redirection loop" why there is no mapped address
---@field from string the socket's own endpoint

---@class ProbeOptions
---@field mapping? boolean default true
---@field filtering? boolean default true
---@field hairpin? boolean default true
---@field lifetime? boolean default false: it takes several times `longest_lifetime`
---@field longest_lifetime? AnyDuration default "600s"
---@field lifetime_resolution? AnyDuration default "5s"

---@class ProbeReport
---@field udp_blocked boolean
---@field mapping "cannot tell"|"no translation"|"endpoint-independent"|"address-dependent"|"address-and-port-dependent"
---@field filtering "cannot tell"|"endpoint-independent"|"address-dependent"|"address-and-port-dependent"
---@field hairpin "cannot tell"|"absent"|"present"
---@field payload_rewritten boolean something on the way has changed addresses within the messages
---@field mapped? string the first mapped address
---@field alive_after? Duration an unused binding was alive after this
---@field expired_after? Duration and expired after this

---@class HostSettings
---@field dont_fragment? boolean whether datagrams of sockets that are opened from now on may not be cut: IPv4's DF, and over IPv6 not even by this host; default true
---@field reassembly_timeout? AnyDuration from a datagram's first fragment until it is given up; default "30s"
---@field reassembly_bytes? Size of all fragments that wait; default "4MB"

---An interface of a host, such as Wi-Fi or cellular.
---@class Interface
---@field name string
---@field is_up boolean
---@field ips string[]
local Interface = {}
---Takes the interface down, or up again. While it is down, what leaves by it or arrives at it dies;
---sockets that are bound to no address use another interface.
---@param up boolean
function Interface:up(up) end
---Gives the interface other addresses. Sockets that are bound to an old one send in vain.
---@param ip string|string[]
function Interface:set_address(ip) end

---@class Host
---@field asleep boolean
---@field interfaces Interface[] in the order of the links
---@field name string
---@field ip string the first address
---@field ips string[]
---@field nat? Nat the NAT in front of it
---@field clat? Clat the CLAT in front of it
---@field b4? B4 the B4 in front of it
---@field firewall? Firewall the firewall in front of it
---@field link? Link its first link
---@field links Link[]
---@field wan? Link of a home's host: the link from its box to the outside
local Host = {}
---Changes how the host treats fragments.
---@param settings HostSettings
function Host:set(settings) end
---Sends the host to sleep: it neither receives nor sends, and its programs' timers wait.
function Host:sleep() end
---Wakes it: what its programs have missed comes due now.
function Host:wake() end
---Answers Binding requests; with a second address of the family also RFC 5780's discovery.
---@param options? StunServerOptions
---@return StunServer
function Host:stun_server(options) end
---Keeps a port mapped at a gateway, renewed until it is removed.
---@param options PortMappingOptions
---@return PortMapping
function Host:map_port(options) end
---Relays, and answers Binding requests too.
---@param options TurnServerOptions
---@return TurnServer
function Host:turn_server(options) end
---Sends every datagram back.
---@param options? LocalOptions
---@return Echo
function Host:echo(options) end
---Opens a UDP socket.
---@param options? LocalOptions
---@return Socket
function Host:udp(options) end
---A WebRTC peer, for scripts that exchange descriptions themselves; `net:call` with `media` does it all.
---@param options? PeerConnectionOptions
---@return PeerConnection
function Host:peer_connection(options) end
---Asks a TURN server, over TCP, for a relay of TCP (RFC 6062).
---@param server TurnTcpUse
---@return TurnTcpRelay
function Host:turn_tcp_relay(server) end
---Opens a raw socket, of which a host has one at a time. While it is open it gets all that arrives
---at the host, and the host's UDP, TCP and ICMP get nothing.
---@return RawSocket
function Host:raw() end
---Starts a real program on the host: its words, and how. The host is then a network namespace of this
---machine. Such scenarios run in `natsim live` alone.
---@param command SpawnOptions
---@return Program
function Host:spawn(command) end
---Hands the host to people: natsim says how to enter its network namespace. In `natsim live` alone.
---@param options? AttachOptions
function Host:attach(options) end
---Sends datagrams at a constant rate.
---@param options SourceOptions
---@return Source
function Host:udp_source(options) end
---Serves rooms by WebSocket (RFC 6455): what a member of a room says is handed on to the others.
---@param options? SignallingServerOptions
---@return SignallingServer
function Host:signalling_server(options) end
---Comes into a room of a signalling server, and comes back when its connection is lost.
---@param server Host|EndpointLike
---@param options SignallingClientOptions
---@return SignallingClient
function Host:signalling_client(server, options) end
---Listens for TCP connections. `options` may be the port alone.
---@param options integer|TcpListenOptions
---@return TcpListener
function Host:tcp_listen(options) end
---Opens a TCP connection: its SYN leaves at once.
---@param to EndpointLike
---@param options? TcpOptions
---@return TcpSocket
function Host:tcp_connect(to, options) end
---Sends back what comes over TCP (RFC 862). `options` may be the port alone.
---@param options integer|TcpListenOptions
---@return TcpService
function Host:tcp_echo(options) end
---Swallows what comes over TCP (RFC 863). `options` may be the port alone.
---@param options integer|TcpListenOptions
---@return TcpService
function Host:tcp_discard(options) end
---Sends bytes over one TCP connection as fast as it goes.
---@param options TcpSourceOptions
---@return TcpSource
function Host:tcp_source(options) end
---Whether TCP segments to nobody are left without an answer; otherwise they get an RST.
---@param silent boolean
function Host:tcp_silent(silent) end
---Asks a STUN server for a socket's mapped address, and waits for the end of the transaction.
---@param server Host|EndpointLike
---@param options? StunRequestOptions
---@return StunResult
function Host:stun_request(server, options) end
---Sends an ICMP echo request, and waits for what comes of it.
---@param to Host|string a host, or an address
---@param options? PingOptions
---@return PingResult
function Host:ping(to, options) end
---Finds out how the NAT in front of the host behaves (RFC 5780), and waits for the result. The
---server's host needs two addresses.
---@param server Host|EndpointLike
---@param options? ProbeOptions
---@return ProbeReport
function Host:probe(server, options) end
---Serves DNS on port 53 of the host's first address.
---@param options DnsServerOptions
---@return DnsServer
function Host:dns_server(options) end
---Asks a DNS server for the addresses of a name. Gives nil and the reason if there is no answer, or
---no such name ("Name Error").
---@param server EndpointLike
---@param name string
---@param options? ResolveOptions
---@return string[]? addresses
---@return string? reason
function Host:resolve(server, name, options) end
---The prefix of the NAT64 that a DNS server synthesizes addresses for (RFC 7050); nil if it does not.
---@param server EndpointLike
---@return string?
function Host:discover_nat64(server) end

---@class PingOptions
---@field timeout? AnyDuration default "1s"
---@field size? integer bytes of the payload; from 0 to 65487; default 56
---@field hop_limit? integer of the request; from 1 to 255; default 64

---Either the reply, or why there is none.
---@class PingResult
---@field round_trip? Duration
---@field hop_limit? integer of the reply
---@field failure? string "timeout", or the ICMP error that came back
---@field from? string address of the sender of either

---@class StunServer: Reachable
---@field answered? integer Binding requests; nil while the host's TURN server answers in its place

---@class Allocation
---@field client string endpoint
---@field relay string endpoint
---@field additional_relay? string endpoint; the IPv6 one of an allocation for both families
---@field user string
---@field expires Duration since the world began

---@class TurnServer: Reachable
local TurnServer = {}
---The live allocations, oldest first.
---@return Allocation[]
function TurnServer:allocations() end

---@class Echo: Reachable
---@field echoed integer

---@class Socket: Reachable
---@field port integer
---@field waiting integer datagrams that have come and not been received
local Socket = {}
---@param to EndpointLike
---@param data string
function Socket:send(to, data) end
---Waits for the next datagram; nothing if none comes in time.
---@param timeout AnyDuration
---@return string? data
---@return string? from endpoint
function Socket:receive(timeout) end
function Socket:close() end

---A program in the place of a host's protocols, for packets made by hand.
---@class RawSocket
---@field waiting integer datagrams that have come and not been received
local RawSocket = {}
---Sends a whole IP datagram as it is, by the link that has its source address, otherwise by the
---host's first one. Its headers have to be complete; its checksums may be wrong.
---@param datagram string its bytes
function RawSocket:send(datagram) end
---Waits for the next datagram; nothing if none comes in time.
---@param timeout AnyDuration
---@return string? datagram its bytes
function RawSocket:receive(timeout) end
function RawSocket:close() end

---@class Source
---@field sent integer
---@field answered integer echoes that came back
---@field received integer all datagrams that came
---@field refused integer ICMP errors
---@field last_round_trip? Duration
---@field last_received? Duration since the world began
local Source = {}
---Sends no more; still counts what comes.
function Source:stop() end

---A server's TLS. Its certificate is valid at all times; clients trust the authority of the run.
---@class TlsServerOptions
---@field names? string[] whom the certificate is for, hosts (also "*.example.org") and addresses; default the host's name and its addresses
---@field trusted? boolean whether the authority vouches for the certificate; default true
---@field alpn? string[] application protocols that it accepts, the first of these that a client offers; a client that offers others alone is refused; default none, offers are passed over
---@field oldest_version? "1.2"|"1.3" default "1.2"
---@field newest_version? "1.2"|"1.3" default "1.3"

---@class TlsClientOptions
---@field name? string whom the certificate has to be for: a host's name, which the server is told (SNI), or an address; default the server's host, or its address if it was given by that
---@field verify? boolean false: any certificate will do, for any name; default true
---@field alpn? string[] application protocols that it offers, in this order; default none
---@field oldest_version? "1.2"|"1.3" default "1.2"
---@field newest_version? "1.2"|"1.3" default "1.3"

---@class SignallingServerOptions
---@field ip? string an address of the host; default the first one
---@field port? integer from 1 to 65535; default 8080, with `tls` 443
---@field tls? boolean|TlsServerOptions whether it speaks TLS below WebSocket; default false
---@field path? string of its URL; default "/"
---@field resume_window? AnyDuration how long a member without a connection may come back; default "60s"
---@field max_members? integer of a room; from 1 to 1000000; default 8
---@field max_undelivered? integer messages that are kept for a member before it is put out; from 1 to 1000000; default 256
---@field ping_interval? AnyDuration of silence until a Ping; default "15s"
---@field pong_timeout? AnyDuration of silence after it until a connection is given up; default "10s"

---A member of a room, as its server knows it.
---@class RoomMember
---@field name string
---@field present boolean it has a connection
---@field undelivered integer messages that it has not acknowledged

---@class Room
---@field name string
---@field members RoomMember[] in the order in which they came

---@class SignallingServer: Reachable
---@field connections integer open now
---@field relayed integer messages handed on
local SignallingServer = {}
---The rooms with anybody in them, by name.
---@return Room[]
function SignallingServer:rooms() end
---Begins anew, as after a crash: all connections are reset, all rooms forgotten.
function SignallingServer:restart() end

---How a client of a signalling server behaves.
---@class SignallingBehaviour
---@field path? string of the server's URL; default "/"
---@field ping_interval? AnyDuration of silence until a Ping; default "15s"
---@field pong_timeout? AnyDuration of silence after it until a connection is given up; default "10s"
---@field reconnect_min? AnyDuration the wait before another try; it doubles with each that fails, and each is drawn from half of it to the whole; default "500ms"
---@field reconnect_max? AnyDuration the longest such wait; default "30s"
---@field connect_timeout? AnyDuration of a try, until TCP, and TLS, is connected; default "10s"
---@field tls? boolean|TlsClientOptions whether it speaks TLS; default what the server does, and false for one given by its endpoint

---@class SignallingClientOptions: SignallingBehaviour
---@field room string 1 to 64 bytes
---@field name? string of the member in the room, 1 to 64 bytes; default the host's

---@class RoomMessage
---@field type "offer"|"answer"|"pranswer"|"rollback"|"candidate"|"bye"
---@field from string the member who said it
---@field payload string

---A member of a room. What it says is delivered in order and once, across reconnects; only when the
---server has forgotten the member meanwhile may the others hear something twice.
---@class SignallingClient
---@field state "waiting"|"connecting"|"entering"|"entered"|"leaving"|"left"
---@field members string[] the others in the room, as far as is known
---@field waiting integer messages that have come and not been received
---@field unacknowledged integer messages that the server has not acknowledged
---@field entries integer how often it has come into the room
---@field resumptions integer how often of these as the member that it was
---@field last_loss? string why it last lost the connection to the server, or could not have it; nil if that never happened
local SignallingClient = {}
---An expectation: it is in the state in time.
---@param state "waiting"|"connecting"|"entering"|"entered"|"leaving"|"left"
---@param timeout AnyDuration
function SignallingClient:wait(state, timeout) end
---The same without failing.
---@param state "waiting"|"connecting"|"entering"|"entered"|"leaving"|"left"
---@param timeout AnyDuration
---@return boolean
function SignallingClient:try_wait(state, timeout) end
---Says something to a member, or to all others: as soon as it is in the room and anybody else is.
---@param type "offer"|"answer"|"pranswer"|"rollback"|"candidate"|"bye"
---@param payload string in UTF-8, handed on as it is
---@param to? string a member's name
function SignallingClient:send(type, payload, to) end
---Waits for the next message; nothing if none comes in time.
---@param timeout AnyDuration
---@return RoomMessage?
function SignallingClient:receive(timeout) end
---Leaves the room, and does not come back.
function SignallingClient:leave() end

---@class TcpListener: Reachable
---@field port integer
---@field waiting integer connections that have not been accepted
local TcpListener = {}
---Waits for the next connection; nothing if none comes in time.
---@param timeout AnyDuration
---@return TcpSocket?
function TcpListener:accept(timeout) end
---Refuses further connections.
function TcpListener:close() end

---@class TurnTcpUse
---@field [1] Host|string the host of the TURN server, or an endpoint
---@field user string
---@field password? string default: what the host's server knows for the user, or makes with its secret
---@field expires? AnyDuration from now, of credentials made with the server's secret; default "24h"

---A relay for TCP at a TURN server (RFC 6062). Each connection with a peer is one of its own with the server, on which there are
---the peer's bytes alone once it is bound: a TcpSocket as any other.
---@class TurnTcpRelay: Reachable
---@field ended? string why there is no relay, or no longer
local TurnTcpRelay = {}
---Waits until it is allocated: then it has an endpoint. If it is not within the timeout the scenario has failed.
---@param timeout AnyDuration
function TurnTcpRelay:wait(timeout) end
---Lets peers with this address connect to the relay's endpoint.
---@param address string
function TurnTcpRelay:permit(address) end
---Connects with a peer through the relay; needs no permission.
---@param to EndpointLike
---@param timeout AnyDuration
---@return TcpSocket? socket to the server, joined with the peer's
---@return string? peer endpoint; without a socket why there is none
function TurnTcpRelay:connect(to, timeout) end
---Waits for the next connection of a peer; nothing if none comes in time.
---@param timeout AnyDuration
---@return TcpSocket?
---@return string? peer endpoint
function TurnTcpRelay:accept(timeout) end
---Gives the relay back, and with it all connections.
function TurnTcpRelay:close() end

---A TCP connection (RFC 9293) with NewReno, but without SACK, timestamps, ECN, urgent data, Fast
---Open and path MTU probing without ICMP.
---@class TcpSocket: Reachable
---@field remote string endpoint
---@field port integer the local one
---@field state string such as "ESTABLISHED" (RFC 9293)
---@field ending? "finished"|"refused"|"reset"|"timed out"|"unreachable"|"aborted" how it ended
---@field waiting integer bytes that have come and not been received
---@field connect_time? Duration from the SYN to the end of the handshake
---@field bytes_sent integer the first time that they were
---@field bytes_acked integer
---@field bytes_received integer in order
---@field segments_sent integer
---@field segments_received integer
---@field retransmissions integer segments
---@field timeouts integer of the retransmission timer
---@field fast_retransmits integer
---@field rtt? Duration smoothed
---@field rto Duration
---@field congestion_window integer bytes
---@field peer_window integer bytes
---@field segment_size integer payload bytes of a full segment
local TcpSocket = {}
---Waits until the connection has been established, all that was sent is acknowledged, or it has
---ended. An expectation: the scenario fails if that does not come in time, or cannot come any more.
---@param milestone "connected"|"acked"|"ended"
---@param timeout AnyDuration
function TcpSocket:wait(milestone, timeout) end
---The same without failing.
---@param milestone "connected"|"acked"|"ended"
---@param timeout AnyDuration
---@return boolean
function TcpSocket:try_wait(milestone, timeout) end
---Sends bytes, now or as soon as there is room. It never waits.
---@param data string
function TcpSocket:send(data) end
---Waits for bytes, and takes all that have come; nothing if none come in time, or ever.
---@param timeout AnyDuration
---@return string?
function TcpSocket:receive(timeout) end
---Sends FIN behind what was sent. The peer's bytes can still be received.
function TcpSocket:close() end
---Sends RST and forgets the connection.
function TcpSocket:abort() end

---@class TcpService: Reachable
---@field connections integer accepted so far
---@field bytes integer received
---@field goodput? number bits a second between the first byte and the last

---@class TcpSource
---@field state string such as "ESTABLISHED" (RFC 9293)
---@field ending? string how it ended; see TcpSocket
---@field throughput number acknowledged bits a second from the handshake to the end, or to now
---@field transfer_time? Duration from the handshake to the end
---@field rtt? Duration smoothed
---@field bytes_sent integer
---@field bytes_acked integer
---@field retransmissions integer
---@field timeouts integer
---@field fast_retransmits integer
local TcpSource = {}
---An expectation: all is sent, acknowledged and closed in time.
---@param timeout AnyDuration
function TcpSource:wait(timeout) end
---Sends no more, and closes.
function TcpSource:stop() end

---Which packets a fault strikes. All that is given must hold. Of the packets that match, counted
---from 1, those from `from` to `to` are struck, of these every `every`-th, and of these each with
---`probability`.
---@class FaultOptions
---@field host Host|string where packets are looked at
---@field direction? "in"|"out" as seen from the host; default both
---@field protocol? "any"|"udp"|"tcp"|"icmp"|"stun"|"turn"|"data" default "any"; "turn" is STUN of TURN's own methods and ChannelData, "data" is UDP that is neither STUN nor ChannelData
---@field method? "binding"|"allocate"|"refresh"|"send"|"data"|"create_permission"|"channel_bind" STUN method; default any
---@field class? "any"|"request"|"indication"|"success"|"error"|"response" STUN class; default "any"
---@field min_size? Size of the IP datagram; default "0B"
---@field max_size? Size of the IP datagram; default: no end
---@field source_port? integer|[integer, integer] a port or a range, as the host sees it
---@field destination_port? integer|[integer, integer] a port or a range, as the host sees it
---@field n? integer only this one of the matching packets; at least 1
---@field from? integer at least 1; default 1
---@field to? integer at least 1; default: no end
---@field every? integer at least 1; default 1
---@field probability? Share default "100%"

---@class DropOptions: FaultOptions

---@class DelayOptions: FaultOptions
---@field by AnyDuration so much later the packet goes on; others may overtake it

---@class DuplicateOptions: FaultOptions
---@field copies? integer that go on right behind the packet; from 1 to 1000; default 1

---@class CorruptOptions: FaultOptions

---@class HoldOptions: FaultOptions

---A fault that is at work.
---@class Fault
---@field count integer packets struck so far
---@field matched integer packets that matched so far
local Fault = {}
---Takes the fault away. What is under way stays as it is.
function Fault:stop() end

---@class Hold: Fault
---@field held integer packets that wait now
local Hold = {}
---Lets all go that wait, in the order in which they came; the next ones are held again.
function Hold:release() end

---Loses packets.
---@param options DropOptions
---@return Fault
function drop(options) end
---Lets packets go on later.
---@param options DelayOptions
---@return Fault
function delay(options) end
---Lets copies of packets follow them.
---@param options DuplicateOptions
---@return Fault
function duplicate(options) end
---Flips a bit behind packets' IP headers, drawn evenly; the receiver's checksum finds it.
---@param options CorruptOptions
---@return Fault
function corrupt(options) end
---Holds packets until they are released, or the hold is stopped.
---@param options HoldOptions
---@return Hold
function hold(options) end

-- Calls -----------------------------------------------------------------------------------------

---@alias RelayFamilies "own"|"ipv4"|"ipv6"|"both"
---@alias TurnTransport "udp"|"tcp"|"tls"
---@class TurnServerUse
---@field [1] Host|string the host of the TURN server, or an endpoint
---@field user string
---@field password? string default: what the host's server knows for the user, or makes with its secret
---@field expires? AnyDuration from now, of credentials made with the server's secret; default "24h"
---@field transport? TurnTransport|TurnTransport[] to the server; a relayed candidate for each; default "udp"
---@field families? RelayFamilies of the relayed address; "both" asks for one of each by one allocation (ADDITIONAL-ADDRESS-FAMILY, RFC 8656 §7.1); default "own": of the address that asks
---@field mobility? boolean asks for allocations that can move to another address of the host (RFC 8016), over UDP; default false

---@class IceServers
---@field stun? Host|EndpointLike|(Host|EndpointLike)[]
---@field turn? TurnServerUse|TurnServerUse[]

---Clients whose timing is known; `natsim presets chrome` shows one, with its source.
---@alias IceProfile "rfc"|"chrome"|"libnice"|"pion"|"libjuice"|"aioice"

---@class PeerOptions
---@field profile? IceProfile timers, pacing, nomination, retransmission and consent of a client, which the other options replace; default "rfc"
---@field ice_servers? IceServers default none
---@field trickle? "full"|"half"|"none" when candidates are told (RFC 8838); default "full"
---@field port? integer of the host candidates; from 1 to 65535; default ephemeral ports
---@field mapped? string|string[] endpoints that gateways map to `port`, such as a PortMapping's `external`: candidates like server-reflexive ones; default none
---@field lite? boolean ICE-lite (RFC 8445 §2.5), for a host with a public address: host candidates alone, whatever servers there are, no checks and no requests for consent; with `consent` it misses a side that has asked for it and does so no more; the other side controls; default false
---@field policy? "all"|"relay" which candidates are used; default "all"
---@field hide_host_candidates? boolean default false
---@field mdns? boolean|"query" true: host candidates are told by random names in "local." in the place of their addresses, as browsers do for pages that may not capture media, and the other side's names are resolved by multicast DNS, which reaches no further than the home; "query": the latter alone; default false, with the profiles "chrome", "pion" and "aioice" "query"
---@field tcp_candidates? boolean host candidates over TCP too (RFC 6544): an active one that connects to the other side's passive ones, and a passive one that listens, on `port` or else an ephemeral port; default false
---@field tiebreaker? integer at least 0; default drawn
---@field ta? AnyDuration between the starts of transactions; default "50ms"
---@field rto? AnyDuration least retransmission timeout; default "500ms"
---@field rc? integer transmissions of a request; from 1 to 100; default 7
---@field rm? integer the last wait, in initial timeouts; from 1 to 100; default 16
---@field nomination? "regular"|"aggressive" default "regular"
---@field renomination? boolean with both sides: the controlling one moves to a pair that answers if the selected one does not, to a direct one from a relayed one, or to one that is quicker by more than 10 ms (draft-thatcher-ice-renomination); default false
---@field renomination_interval? AnyDuration between its checks of the pairs that work; default "3s"
---@field direct_patience? AnyDuration how long better pairs may keep a direct pair waiting; default "0s"
---@field relay_patience? AnyDuration how long they may keep a relayed one waiting; default "1s"
---@field consent? boolean RFC 7675; default true
---@field consent_interval? AnyDuration each is drawn from ±20 % around it; default "5s"
---@field consent_timeout? AnyDuration default "30s"
---@field disconnected_after? AnyDuration without an answer; default "12s"
---@field keepalive? AnyDuration default "15s"
---@field pac? AnyDuration the check list does not fail before (RFC 8863); default "39.5s"
---@field max_pairs? integer from 1 to 1000000; default 100
---@field max_peer_reflexive? integer remote ones that the peer has not signalled; from 0 to 1000000; default 16
---@field release_after? AnyDuration unused allocations are deleted; default "3s"

---A signalling server, and how a call's two clients of it behave. They meet in a room of their own,
---under their hosts' names.
---@class SignallingUse: SignallingBehaviour
---@field server Host|EndpointLike

---A channel beside the network.
---@class SignallingOptions
---@field one_way_delay? AnyDuration default "50ms"
---@field loss? Share that a message is lost on one try; default "0%"
---@field resend_after? AnyDuration after a lost try; default "1s"

---@class CallOptions: PeerOptions
---@field profile? IceProfile|IceProfile[] of both sides, or { of the caller, of the callee }
---@field caller? PeerOptions replaces options of the caller
---@field callee? PeerOptions replaces options of the callee
---@field signalling? SignallingOptions|SignallingUse|Host|EndpointLike a delayed channel, or a signalling server; default a channel
---@field streams? integer data streams that are not bundled, each with credentials of its own (RFC 8445 §4); from 1 to 16; without `media`; default 1
---@field components? integer of each stream, such as RTP and RTCP, each with sockets of its own, on the ports after `port` in their order; from 1 to 2; without `media`; default 1
---@field media? true|MediaOptions offers and answers in SDP, DTLS and SRTP above ICE; true: audio and video both ways; default: ICE alone

---@alias Direction "sendrecv"|"sendonly"|"recvonly"|"inactive"
---@alias SrtpProfile "SRTP_AES128_CM_HMAC_SHA1_80"|"SRTP_AES128_CM_HMAC_SHA1_32"|"SRTP_AEAD_AES_128_GCM"|"SRTP_AEAD_AES_256_GCM"

---@class MediaOptions
---@field audio? boolean|Direction|AudioOptions a direction is as the caller sees it; true is "sendrecv"; default none
---@field video? boolean|Direction|VideoOptions
---@field dtls? DtlsOptions
---@field certificate? "ecdsa-p256"|"rsa-2048" default "ecdsa-p256"
---@field encryption? "srtp"|"none" "none", for big runs: DTLS as ever, but media go in the clear, in packets as large as those of SRTP, with zeros in the place of their tags; both ends must have it; default "srtp"
---@field own_certificates? boolean each end of the call makes one of its own, as a peer connection and every peer with RSA does; default false: the calls of a run share a few, callers other ones than callees

---@class AudioOptions
---@field direction? Direction default "sendrecv"
---@field codec? "opus"|"PCMU"|"PCMA" that the offer prefers; default "opus"
---@field bitrate? Rate of Opus, while there is speech; default "32kbit"
---@field dtx? boolean Opus sends nothing in pauses; default false
---@field fec? "none"|"in-band"|"red" while packets are lost: each packet holds the speech of the one before in Opus itself (RFC 6716), or of up to two by RED (RFC 2198); default "none"

---One stream of simulcast (RTCRtpEncodingParameters). The bit-rate is shared out the smallest first, by libwebrtc's
---least, target and most for each size; one that there is nothing left for pauses.
---@class SendEncoding
---@field rid string up to 16 letters, digits, "-" and "_"
---@field active? boolean default true
---@field max_bitrate? Rate default by its size
---@field scale_resolution_down_by? integer from 1 to 64; default 1 if another has it, else 1 for the last, 2 for the one before, 4 …

---@class VideoOptions
---@field send_encodings? SendEncoding[] of the caller's: simulcast, up to three; the callee takes each by itself
---@field direction? Direction default "sendrecv"
---@field codec? "VP8"|"H264" that the offer prefers; default "VP8"
---@field bitrate? Rate at most; default "1Mbit"
---@field fec? "none"|"ulpfec"|"flexfec" repairs by the loss that is reported: within RED, of VP8 (RFC 5109), or in a stream of their own (RFC 8627); default "none"
---@field congestion_control? boolean the rate goes where the path allows, as libwebrtc's does; default true
---@field frames_per_second? integer from 1 to 240; default 30
---@field width? integer from 16 to 16382; default 640
---@field height? integer from 16 to 16382; default 360

---@class DtlsOptions
---@field profiles? SrtpProfile[] best first; default AES-128-GCM, then AES-128-CM with 80 bits
---@field timeout? AnyDuration before a flight is sent again; default "1s"
---@field longest_timeout? AnyDuration each wait is twice the one before, up to this; default "60s"
---@field mtu? integer bytes of a datagram of the handshake; from 256 to 65000; default 1200
---@field fallback_mtu? integer after a flight was lost three times; from 256 to 65000; default 576
---@field hello_verify? boolean the server asks for a cookie first; default false

---@alias CandidateType "host"|"srflx"|"prflx"|"relay"

---@class Candidate
---@field type CandidateType
---@field component integer
---@field address string endpoint
---@field transport "udp"|"tcp"
---@field tcp_type? "active"|"passive"|"so" over TCP
---@field base? string endpoint
---@field related? string endpoint
---@field server? string endpoint
---@field priority integer
---@field foundation string

---One component of one data stream.
---@class Component
---@field stream integer from 0
---@field component integer from 1
---@field state "new"|"checking"|"connected"|"completed"|"disconnected"|"failed"|"closed"
---@field selected_pair? CandidatePair

---@class CandidatePair
---@field id integer
---@field type CandidateType of the end that is farther from direct: host, prflx, srflx, relay
---@field local_type CandidateType
---@field local_address string endpoint, as the peer sees it once the pair is valid
---@field remote_type CandidateType
---@field remote_address string endpoint
---@field base string endpoint that checks leave from
---@field transport "udp"|"tcp"
---@field state "frozen"|"waiting"|"in-progress"|"succeeded"|"failed"|"removed"
---@field valid boolean
---@field nominated boolean
---@field selected boolean
---@field transmissions integer of checks, retransmissions included
---@field first_check? Duration since the world began
---@field succeeded_at? Duration since the world began

---A call is connected when both sides have selected a pair and, with media, DTLS is done. A side by itself is so, as with browsers,
---when the first pair works: a relayed one is selected only after IceOptions.relay_patience.
---@alias CallState "connecting"|"connected"|"disconnected"|"failed"|"closed"

---A call. Without a side, the caller's is meant.
---@class Call
---@field state CallState
---@field ice_time? Duration from the start until both sides had selected a pair
---@field selected_pair? CandidatePair
---@field caller Peer
---@field callee Peer
local Call = {}
---Waits until the call is in the state; if it is not within the timeout the scenario has failed. A
---wait for what cannot come any more ends at once: a side has been closed, or has lost its consent or
---its allocation. A side whose pairs have all failed can still be revived by the peer's check.
---@param state CallState
---@param timeout AnyDuration
function Call:wait(state, timeout) end
---Waits likewise, and tells whether the state was reached.
---@param state CallState
---@param timeout AnyDuration
---@return boolean
function Call:try_wait(state, timeout) end
---The check list, the pairs with higher priority first.
---@return CandidatePair[]
function Call:pairs() end
---@param data string
---@return boolean sent
---@return string? reason why not
function Call:send(data) end
---The caller restarts ICE (RFC 8445 §9), as after a change of its network: new credentials, sockets and
---candidates, on the addresses that its host then has. The callee follows when it hears of it. The old
---pair carries data until a new one is selected.
function Call:restart_ice() end
---Waits until both sides have selected a pair since ICE was last restarted; if they have not within the
---timeout the scenario has failed.
---@param timeout AnyDuration
function Call:wait_for_restart(timeout) end
function Call:close() end

---@class Peer
---@field state "new"|"checking"|"connected"|"completed"|"disconnected"|"failed"|"closed"
---@field role "controlling"|"controlled"
---@field ice_time? Duration from the call's start until this side had selected a pair, for every component
---@field gathering_time? Duration from the call's start until all servers had answered or failed
---@field selected_pair? CandidatePair of the first component, as all that is said of one pair
---@field components Component[] each with its pair; several where the call has 'streams' or 'components'
---@field candidates Candidate[]
---@field remote_candidates Candidate[]
---@field bytes_received integer of data
---@field datagrams_received integer of data
---@field connection_state? "new"|"connecting"|"connected"|"disconnected"|"failed"|"closed" of ICE and DTLS together; this and what follows: of a call with media
---@field signaling_state? "stable"|"have-local-offer"|"have-remote-offer"|"have-local-pranswer"|"have-remote-pranswer"|"closed"
---@field dtls_time? Duration from the call's start until DTLS was done
---@field dtls_role? "client"|"server"
---@field srtp_profile? SrtpProfile
---@field local_description? string SDP
---@field remote_description? string SDP
local Peer = {}
---@return CandidatePair[]
function Peer:pairs() end
---@param data string
---@return boolean sent
---@return string? reason why not
function Peer:send(data) end
---This side restarts ICE, and the other follows. An error before it has begun and after it was closed.
function Peer:restart_ice() end
---Takes its TURN allocations that can move from addresses that the host has lost to one that it has (RFC 8016).
---@return integer moved how many can
function Peer:move_relays() end
function Peer:close() end
---Statistics of each stream, in the order of the sections. Of a call with media.
---@return (OutboundStats|InboundStats)[]
function Peer:get_stats() end

---@class TrackOptions
---@field stream? string that the track belongs to; default the host's name
---@field direction? Direction "recvonly" and "inactive" offer a section without a track; default "sendrecv"
---@field codec? "opus"|"PCMU"|"PCMA"|"VP8"|"H264" that offers prefer
---@field send_encodings? SendEncoding[] of video that is sent: simulcast, up to three

---@class SessionDescription
---@field type "offer"|"pranswer"|"answer"|"rollback"
---@field sdp? string none for a rollback

---@class IceCandidateInit
---@field candidate string "candidate:…"
---@field sdp_mid? string
---@field sdp_mline_index? integer from 0, in place of sdp_mid

---@class TrackEvent
---@field transceiver integer
---@field kind "audio"|"video"
---@field mid string
---@field stream? string
---@field id? string

---@class Transceiver
---@field id integer
---@field kind "audio"|"video"
---@field direction Direction wanted
---@field current_direction? Direction agreed on
---@field mid? string
---@field codec? string that is sent, once agreed on
---@field stopped boolean

---@class PeerConnectionOptions: PeerOptions
---@field trickle nil the script sends the candidates itself
---@field media? true|MediaOptions how what is sent is encoded; directions and codecs are given to `add_track`

---A WebRTC peer: the W3C's RTCPeerConnection in this spelling, without data channels. All sections
---share one transport ("max-bundle", RTCP multiplexed).
---@class PeerConnection
---@field connection_state "new"|"connecting"|"connected"|"disconnected"|"failed"|"closed"
---@field ice_connection_state "new"|"checking"|"connected"|"completed"|"disconnected"|"failed"|"closed"
---@field ice_gathering_state "new"|"gathering"|"complete"
---@field signaling_state "stable"|"have-local-offer"|"have-remote-offer"|"have-local-pranswer"|"have-remote-pranswer"|"closed"
---@field local_description? SessionDescription with the candidates known by now
---@field remote_description? SessionDescription
local PeerConnection = {}
---@param kind "audio"|"video"
---@param options? TrackOptions
---@return integer transceiver
function PeerConnection:add_track(kind, options) end
---@param transceiver integer
function PeerConnection:remove_track(transceiver) end
---@param transceiver integer
---@param direction Direction
function PeerConnection:set_direction(transceiver, direction) end
---@param transceiver integer
function PeerConnection:stop(transceiver) end
---@return Transceiver[]
function PeerConnection:transceivers() end
---Makes an offer and sends it; what follows goes by itself. The peer connection has to be joined to
---another peer by net:signalling.
function PeerConnection:negotiate() end
---@return SessionDescription
function PeerConnection:create_offer() end
---@return SessionDescription
function PeerConnection:create_answer() end
---What was created last, as it is, or a rollback. Starts ICE.
---@param description SessionDescription
function PeerConnection:set_local_description(description) end
---@param description SessionDescription
function PeerConnection:set_remote_description(description) end
---@param candidate IceCandidateInit? nil, the end of candidates, has no effect
function PeerConnection:add_ice_candidate(candidate) end
---The next offer restarts ICE.
function PeerConnection:restart_ice() end
---Has a function called at the instant of each such event, after what caused it. It may do what a
---script may, but not wait. It gets the new state, a candidate (nil after the last one), a TrackEvent,
---or nothing.
---@param event "negotiationneeded"|"icecandidate"|"iceconnectionstatechange"|"connectionstatechange"|"signalingstatechange"|"track"|"trackended"
---@param handler fun(what: any)
function PeerConnection:on(event, handler) end
---Waits until connection_state is that; if it is not within the timeout the scenario has failed.
---@param state "new"|"connecting"|"connected"|"disconnected"|"failed"|"closed"
---@param timeout AnyDuration
function PeerConnection:wait(state, timeout) end
---@return (OutboundStats|InboundStats)[]
function PeerConnection:get_stats() end
function PeerConnection:close() end

---What joins two peers; it has nothing to be asked.
---@class SignallingPath

---@class AttachOptions
---@field dns? Host|string|(Host|string)[] who answers for names: hosts with a DNS server, or addresses; default none, so that every look-up fails at once

---A program, looked for as a shell does, and its arguments, as the positions from 1.
---@class SpawnOptions: AttachOptions
---@field [integer] string
---@field env? table<string, string> variables beside natsim's own
---@field folder? string that it starts in; default natsim's
---@field name? string in events and reports; default the host's and the program's

---A real program. It speaks JSON lines over its standard streams: each object that it prints is a
---message, which one call of `receive` or `wait` is given, and every handler.
---@class Program
---@field running boolean
---@field exit_status? integer once it has ended by itself
---@field exit_signal? integer once a signal has ended it
local Program = {}
---Gives it a message: the table as JSON, in a line. Durations are seconds.
---@param message table
function Program:send(message) end
---The first message that waits; nil if none comes within the timeout, or it has ended.
---@param timeout AnyDuration
---@return table?
function Program:receive(timeout) end
---The first message that has all these fields, be it there or to come; a text stands for the field
---`type`. If none comes within the timeout the scenario has failed.
---@param fields string|table
---@param timeout AnyDuration
---@return table
function Program:wait(fields, timeout) end
---Waits for its end; if it still runs after the timeout the scenario has failed.
---@param timeout AnyDuration
---@return integer? exit_status nil if a signal has ended it
function Program:wait_for_exit(timeout) end
---Has a function called for each message, or with how it ended. It may do what a script may, but not
---wait.
---@param event "message"|"exit"
---@param handler fun(what: table|string)
function Program:on(event, handler) end
---Sends it, and what it has started, a signal.
---@param name "SIGHUP"|"SIGINT"|"SIGTERM"|"SIGKILL"|"SIGSTOP"|"SIGCONT"|"SIGUSR1"
function Program:signal(name) end
function Program:close_input() end

---By the names of W3C's webrtc-stats, in this spelling.
---@class StreamStats
---@field kind "audio"|"video"
---@field mid string
---@field ssrc integer
---@field codec? string

---@class OutboundStats: StreamStats
---@field type "outbound-rtp"
---@field packets_sent integer retransmissions included
---@field bytes_sent integer of payload
---@field retransmitted_packets_sent integer
---@field retransmitted_bytes_sent integer
---@field frames_sent integer
---@field nack_count integer received
---@field total_packet_send_delay Duration in the pacer
---@field rid? string of simulcast: there is one such table for each encoding
---@field target_bitrate? integer of video: what it is encoded at, bits per second; 0: it pauses
---@field frame_width? integer of video
---@field frame_height? integer of video
---@field available_outgoing_bitrate? integer of video: what congestion control allows for all that is sent
---@field key_frames_encoded? integer of video
---@field pli_count? integer of video, received
---@field fir_count? integer of video, received
---@field packets_lost? integer by the receiver's last report, as the next three
---@field fraction_lost? number since the report before
---@field jitter? Duration
---@field round_trip_time? Duration

---@class InboundStats: StreamStats
---@field type "inbound-rtp"
---@field rid? string of the peer's simulcast; not of webrtc-stats, whose peers receive none
---@field packets_received integer retransmissions included
---@field bytes_received integer of payload
---@field packets_lost integer that were not made up for
---@field jitter Duration RFC 3550 §6.4.1
---@field nack_count integer sent
---@field retransmitted_packets_received integer
---@field fec_packets_received integer repairs, and parts of packets that repeat earlier speech
---@field fec_bytes_received integer of their payload; of Opus' in-band FEC it cannot be told
---@field fec_packets_discarded integer that restored nothing
---@field last_packet_received? Duration since the world began
---@field longest_silence Duration between two packets
---@field packets_discarded? integer of audio, as the next nine: came too late to be played
---@field total_samples_received? integer played or concealed
---@field concealed_samples? integer
---@field concealment_events? integer gaps
---@field jitter_buffer_delay? Duration of all packets that were played
---@field jitter_buffer_emitted_count? integer packets that were played
---@field jitter_buffer_target? Duration
---@field mouth_to_ear? Duration from capture to play-out, on average
---@field mean_opinion_score? number 1 to 4.5, by the E-model of ITU-T G.107
---@field pli_count? integer of video, as what follows: sent
---@field frames_decoded? integer
---@field key_frames_decoded? integer
---@field frames_dropped? integer complete, but without what they build on
---@field freeze_count? integer
---@field total_freezes_duration? Duration
---@field total_inter_frame_delay? Duration
