-- Seen in the field: checks that overtake the signalling, and candidates that nobody told of.
--
-- A check from an address that was not signalled makes a peer-reflexive candidate; when the address is
-- signalled after all, the candidate becomes what it was all along (RFC 8838 §11.4). Each title names
-- where an agent was reported to get this wrong.

local function build(net, alice_nat, bob_nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:home("alice", { nat = alice_nat, wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = bob_nat, wan = { internet, one_way_delay = "30ms" } })
  return alice, bob, { stun = server }
end

-- Counts packets and does nothing to them.
local function count(options)
  options.probability = "0%"
  return drop(options)
end

-- Every change of a peer's state from now on, looked at each millisecond.
local function states_of(peer, span)
  local seen = { peer.state }
  for _ = 1, duration(span) / "1ms" do
    sleep("1ms")
    if peer.state ~= seen[#seen] then seen[#seen + 1] = peer.state end
  end
  return table.concat(seen, " ")
end

local function expect_unique(pairs_of_peer)
  local seen = {}
  for _, pair in ipairs(pairs_of_peer) do
    local key = pair.base .. " " .. pair.remote_address
    expect(seen[key]).equals(nil)
    seen[key] = true
  end
end

-- Public hosts, so that all of Alice's checks arrive; Bob's candidates are told late.
for _, late in ipairs({ "90ms", "500ms", "2s" }) do
  scenario("pion/ice#622, ex_ice#74: what was learned is what is told " .. late .. " later", function(net)
    local internet = net:router("internet")
    local alice = net:host("alice", { link = { internet, one_way_delay = "15ms" } })
    local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
    local call = net:call(alice, bob, { signalling = { one_way_delay = late } })
    call:wait("connected", "10s")
    sleep("5s")
    local pair = call.selected_pair
    expect(pair.type).equals("host")
    expect(pair.remote_type).equals("host")
    expect(call.callee.selected_pair.remote_type).equals("host")
    expect(#call:pairs()).equals(1)
    expect(#call.caller.remote_candidates).equals(1)
    expect(call.caller.remote_candidates[1].priority).equals(call.callee.candidates[1].priority)
    -- Offer, answer; a check and the nomination, a round trip each.
    expect(call.ice_time).equals(duration(late) * 2 + "180ms")
  end)
end

scenario("str0m#485, #489: the only pair is learned, then told: the state does not flap", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", { link = { internet, one_way_delay = "15ms" } })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  for _, side in ipairs({ "caller", "callee" }) do
    local call = net:call(alice, bob, { signalling = { one_way_delay = "700ms" } })
    expect(states_of(call[side], "5s")).equals("new checking connected completed")
  end
end)

-- Bob's check goes out with the offer, and Alice learns his NAT's port by it. His answer takes her
-- check and nomination on their way: 90 ms each, from 400 ms on. His server's answer, late by 1 to 201
-- ms, decides when he tells that port: between the nomination and its answer, or after.
scenario("str0m#544, #908: told while the nomination is on its way", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:host("alice", { link = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  for late = 1, 201, 10 do
    local slow = delay({
      host = bob,
      direction = "in",
      source_port = 3478,
      method = "binding",
      by = late .. "ms",
    })
    local call = net:call(alice, bob, {
      ice_servers = { stun = server },
      signalling = { one_way_delay = "200ms" },
      relay_patience = "0s", -- which she has with an address that may be a relay's too
    })
    call:wait("connected", "2s")
    expect(call.ice_time).equals("590ms")
    sleep("1s")
    expect(call.caller.state).equals("completed")
    expect(call.selected_pair.remote_type).equals("srflx")
    expect(call.callee.selected_pair.local_type).equals("srflx")
    slow:stop()
    call:close()
  end
end)

scenario("str0m#670, #676: remote candidates are there before there is one of our own", function(net)
  local alice, bob, servers = build(net, "port-restricted", "port-restricted")
  local relay = net:host("relay", { link = { "internet", one_way_delay = "20ms" } })
  relay:turn_server({ users = { alice = "secret" } })
  delay({ host = alice, direction = "in", method = "allocate", by = "3s" })
  local call = net:call(alice, bob, {
    ice_servers = servers,
    caller = { policy = "relay", ice_servers = { turn = { relay, user = "alice" } } },
  })
  expect(states_of(call.caller, "12s")).equals("new checking connected completed")
  expect(call.callee.state).equals("completed")
  -- Twice a round trip of 70 ms and 3 s; all that is relayed waits for a second for what is better.
  expect(call.caller.gathering_time).equals("6140ms")
  expect(call.ice_time).between("7140ms", "7700ms")
  expect(call.selected_pair.local_type).equals("relay")
end)

scenario("firezone#4806, str0m#466: the cable is out, and in again", function(net)
  local internet = net:router("internet")
  local cable = { internet, one_way_delay = "5ms" }
  local alice = net:host("alice", { links = { cable, { internet, one_way_delay = "15ms" } } })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  local ethernet = alice.interfaces[1]
  local function base_of_a_new_call()
    local call = net:call(alice, bob)
    call:wait("connected", "5s")
    return call.selected_pair.base:match("^[^:]+"), call
  end
  local at_first, call = base_of_a_new_call()
  expect(at_first).equals(ethernet.ips[1])
  ethernet:up(false)
  expect((base_of_a_new_call())).equals(alice.interfaces[2].ips[1])
  sleep("10s")
  ethernet:up(true)
  expect((base_of_a_new_call())).equals(ethernet.ips[1])
  -- The call of before has lived through it.
  sleep("6s")
  expect(call.state).equals("connected")
end)

scenario("libjuice#193: checked before its own gathering is over", function(net)
  local internet = net:router("internet")
  local silent = net:host("silent", { link = { internet, one_way_delay = "20ms" } })
  silent:stun_server()
  silent:sleep()
  local alice = net:host("alice", { link = { internet, one_way_delay = "15ms" } })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, { caller = { ice_servers = { stun = silent } } })
  call:wait("connected", "1s")
  expect(call.ice_time).equals("280ms")
  expect(call.selected_pair.type).equals("host")
  expect(call.caller.gathering_time).equals(nil)
  sleep("60s")
  expect(call.state).equals("connected")
  -- The server is asked no more 3 s after the end of ICE.
  expect(call.caller.gathering_time).equals("3280ms")
end)

scenario("libjuice#196, licode#235: no check leaves before the peer's password is known", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", { link = { internet, one_way_delay = "15ms" } })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  local asked = count({ host = alice, direction = "out", class = "request" })
  local answered = count({ host = alice, direction = "out", class = "success" })
  local call = net:call(alice, bob, {
    nomination = "aggressive",
    signalling = { one_way_delay = "1s" },
  })
  -- Bob's check, which he sends when he has the offer, is answered: that takes Alice's own password.
  sleep("1999ms")
  expect(asked.matched).equals(0)
  expect(answered.matched).equals(1)
  call:wait("connected", "1s")
  expect(call.ice_time).equals("2090ms")
end)

scenario("pjsip#2806: a better pair that was learned goes before a worse one that was told", function(net)
  local alice, bob = build(net, "restricted", "symmetric")
  local relay = net:host("relay", { link = { "internet", one_way_delay = "1ms" } })
  relay:turn_server({ users = { alice = "secret", bob = "secret" } })
  local call = net:call(alice, bob, {
    ta = "50ms",
    caller = { ice_servers = { turn = { relay, user = "alice" } } },
    callee = { ice_servers = { turn = { relay, user = "bob" } } },
  })
  call:wait("connected", "10s")
  expect(call.selected_pair.remote_type).equals("prflx")
  expect(call.callee.selected_pair.local_type).equals("prflx")
  local order = call:pairs()
  local selected, relayed
  for place, pair in ipairs(order) do
    if pair.selected then selected = place end
    if pair.type == "relay" then relayed = relayed or place end
  end
  expect(selected).at_most(relayed - 1)
end)

scenario("janus#788: the valid pair is another than the one that was checked, on both sides", function(net)
  local alice, bob, servers = build(net, "ADM/EIF", "ADM/EIF")
  local call = net:call(alice, bob, { ice_servers = servers })
  call:wait("connected", "10s")
  local mine, theirs = call.selected_pair, call.callee.selected_pair
  expect(mine.local_type).equals("prflx")
  expect(theirs.local_type).equals("prflx")
  expect(mine.local_address).equals(theirs.remote_address)
  expect(mine.remote_address).equals(theirs.local_address)
  for peer, nat in pairs({ [call.caller] = alice.nat, [call.callee] = bob.nat }) do
    for _, candidate in ipairs(peer.candidates) do
      if candidate.type == "srflx" then
        expect(peer.selected_pair.local_address).never.equals(candidate.address)
      end
    end
    expect(peer.selected_pair.local_address).contains(nat.external_address)
  end
end)

scenario("ice4j#195: no pair is there twice, whatever was learned before it was told", function(net)
  local alice, bob, servers = build(net, "EIM/EIF", "EIM/EIF")
  local call = net:call(alice, bob, {
    ice_servers = servers,
    signalling = { one_way_delay = "300ms" },
  })
  for _ = 1, 300 do
    sleep("10ms")
    expect_unique(call.caller:pairs())
    expect_unique(call.callee:pairs())
  end
  expect(call.state).equals("connected")
  expect(call.selected_pair.type).equals("srflx")
  expect(#call.caller.remote_candidates).equals(2)
  expect(#call.callee.remote_candidates).equals(2)
end)
