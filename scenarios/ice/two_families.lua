-- A caller with IPv4 alone and a callee with IPv6 alone.
--
-- Neither can send the other a packet, and an IPv4 relay reaches IPv4 peers only. A TURN client may
-- ask for a relayed address of each family by one allocation (ADDITIONAL-ADDRESS-FAMILY, RFC 8656
-- §7.1): the IPv6 one is where the callee and the caller meet. A server without IPv6 gives the
-- other one alone and says so (440).

local function build(net, family)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" }, family = family })
  local turn = server:turn_server({ users = { alice = "secret" }, ip = server.ip })
  local alice = net:home("alice", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "15ms", loss = "1%" },
  })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms", loss = "1%" }, family = "ipv6" })
  local function call(families)
    return net:call(alice, bob, {
      caller = { ice_servers = { turn = { server, user = "alice", families = families } } },
    })
  end
  return turn, call
end

scenario("two relayed addresses of one allocation", function(net)
  local turn, call = build(net, "dual")
  local made = call("both")
  sleep("1s")
  local allocations = turn:allocations()
  expect(#allocations).equals(1)
  expect(allocations[1].relay).matches("^%d+%.%d+%.%d+%.%d+:%d+$")
  expect(allocations[1].additional_relay).contains("]:")
  made:wait("connected", "10s")
  expect(made.selected_pair.type).equals("relay")
  expect(made.selected_pair.local_address).equals(allocations[1].additional_relay)
  metric("ice_time", made.ice_time)
  made:send("from IPv4 to IPv6")
  made.callee:send("and back")
  sleep("5s")
  expect(made.callee.datagrams_received + made.caller.datagrams_received).at_least(1)
  -- The IPv4 one is of no use, and is given back.
  allocations = turn:allocations()
  expect(allocations[1].relay).equals(made.selected_pair.local_address)
  expect(allocations[1].additional_relay).equals(nil)
end)

scenario("an IPv6 relay alone does as well", function(net)
  local turn, call = build(net, "dual")
  local made = call("ipv6")
  made:wait("connected", "10s")
  expect(made.selected_pair.local_address).equals(turn:allocations()[1].relay)
end)

scenario("the family of one's own does not", function(net)
  local _, call = build(net, "dual")
  call("own"):wait("failed", "60s")
end)

scenario("a server without IPv6 gives one address", function(net)
  local turn, call = build(net, "ipv4")
  call("both"):wait("failed", "60s")
  metric("allocations", #turn:allocations())
end)
