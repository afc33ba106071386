-- Hole punching with TCP.
--
-- Alice and Bob sit behind port-restricted NATs, and each has learned from a server what the other's
-- port looks like. Both listen on that port and call from it. Alice is half a second early: her SYN
-- reaches Bob's NAT before he has sent anything. What becomes of her call is that NAT's choice
-- (RFC 5382 REQ-4): one that is silent lets her wait until his own SYN meets hers (a simultaneous
-- open); one that answers ends her first attempt, and Bob's own call has to reach her listener.

local early = duration("500ms")
local way = duration("45ms") -- between the two

-- Both sides' first calls, and Alice's listener.
local function punch(net, nat, alices_nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local listener = server:tcp_listen(3478)
  local alice = net:home("alice", {
    nat = alices_nat or "port-restricted",
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:home("bob", { nat = nat, wan = { internet, one_way_delay = "30ms" } })
  local bound = { port = 5000, shared = true }
  local function told(host)
    local socket = host:tcp_connect(listener, bound)
    socket:wait("connected", "1s")
    return listener:accept("1s").remote
  end
  local at_alice, at_bob = told(alice), told(bob)
  local alices, bobs = alice:tcp_listen(bound), bob:tcp_listen(bound)
  local left = alice:tcp_connect(at_bob, bound)
  sleep(early)
  local right = bob:tcp_connect(at_alice, bound)
  return left, right, alices, bobs, function()
    return alice:tcp_connect(at_bob, bound)
  end
end

local function talk(left, right)
  left:send("hello")
  expect(right:receive("1s")).equals("hello")
end

for _, policy in ipairs({ "drop", "hold" }) do
  scenario("a NAT that is silent (" .. policy .. "): the first calls meet", function(net)
    local left, right = punch(net, { preset = "port-restricted", unsolicited_syn = policy })
    left:wait("connected", "1s")
    right:wait("connected", "1s")
    -- Bob's SYN arrives at Alice's open call, which answers it: a round trip for him.
    expect(right.connect_time).equals(way * 2)
    expect(left.retransmissions).equals(0)
    talk(left, right)
  end)
end

for policy, ending in pairs({ reset = "refused", port_unreachable = "unreachable" }) do
  scenario("a NAT that answers (" .. policy .. "): her first call fails, his finds her", function(net)
    local left, right, alices = punch(net, { preset = "port-restricted", unsolicited_syn = policy })
    expect(left.ending).equals(ending)
    right:wait("connected", "1s")
    expect(right.connect_time).equals(way * 2)
    local accepted = alices:accept("1s")
    expect(accepted).never.equals(nil)
    talk(accepted, right)
  end)

  scenario("a NAT that answers (" .. policy .. "), and only Alice tries again", function(net)
    local left, right, _, bobs, again = punch(net, { preset = "port-restricted", unsolicited_syn = policy })
    expect(left.ending).equals(ending)
    right:abort()
    sleep("1s")
    -- Bob's SYN has opened his NAT for her.
    local second = again()
    second:wait("connected", "1s")
    expect(second.connect_time).equals(way * 2)
    talk(second, bobs:accept("1s"))
  end)
end

scenario("NATs that lose track when SYNs cross: the calls never meet", function(net)
  local nat = { preset = "port-restricted", tcp_simultaneous_open = false }
  local left = punch(net, nat, nat)
  expect(left:try_wait("connected", "30s")).equals(false)
end)

scenario("a symmetric NAT: another port for each call, as with UDP", function(net)
  local left, right = punch(net, "symmetric")
  expect(left:try_wait("connected", "30s")).equals(false)
  expect(right:try_wait("connected", "1s")).equals(false)
end)
