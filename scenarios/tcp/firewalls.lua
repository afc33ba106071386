-- Two IPv6 hosts behind firewalls call each other with TCP.
--
-- Nothing is translated, so each knows where the other is. But a firewall lets no SYN in that nobody
-- asked for, and Alice is half a second early. What becomes of her call is the choice of Bob's
-- firewall. One that answers at once ends it. One that waits 6 s first (RFC 6092 REC-34) lets Bob's
-- own SYN meet hers: a simultaneous open, for which either firewall must have a flow by then.

local early = duration("500ms")
local way = duration("50ms") -- between the two
local to_bobs_firewall = way -- its inside link takes no time

local function build(net, firewall)
  local internet = net:router("internet")
  local function home(name, delay)
    return net:home(name, {
      nat = "none",
      firewall = firewall,
      family = "ipv6",
      wan = { internet, one_way_delay = delay },
    })
  end
  return home("alice", "20ms"), home("bob", "30ms")
end

local bound = { port = 5000, shared = true }

scenario("a firewall that waits: the calls meet", function(net)
  local alice, bob = build(net, "rfc6092")
  local left = alice:tcp_connect({ bob, 5000 }, bound)
  sleep(early)
  local right = bob:tcp_connect({ alice, 5000 }, bound)
  left:wait("connected", "1s")
  right:wait("connected", "1s")
  -- Bob's SYN arrives at Alice's open call, which answers it: a round trip for him.
  expect(right.connect_time).equals(way * 2)
  -- She hears of it once more: his SYN, her answer, his acknowledgement.
  expect(left.connect_time).equals(early + way * 3)
  left:send("hello")
  expect(right:receive("1s")).equals("hello")
end)

scenario("a firewall that waits, and nobody calls back: the caller hears after 6 s", function(net)
  local alice, bob = build(net, "rfc6092")
  local call = alice:tcp_connect({ bob, 5000 })
  expect(call:try_wait("connected", "30s")).equals(false)
  expect(call.ending).equals("unreachable")
  expect(net:now()).equals(to_bobs_firewall * 2 + duration("6s"))
end)

for answer, ending in pairs({ reset = "refused", port_unreachable = "unreachable" }) do
  scenario("a firewall that answers at once (" .. answer .. "): the early call fails", function(net)
    local alice, bob = build(net, { preset = "rfc6092", unsolicited_syn = answer })
    local left = alice:tcp_connect({ bob, 5000 }, bound)
    expect(left:try_wait("connected", early)).equals(false)
    expect(left.ending).equals(ending)
    -- Her firewall has a flow for Bob's SYN, but nobody calls any more who could answer it.
    local right = bob:tcp_connect({ alice, 5000 }, bound)
    expect(right:try_wait("connected", "1s")).equals(false)
    expect(right.ending).equals("refused")
  end)
end
