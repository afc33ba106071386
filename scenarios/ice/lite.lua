-- Media servers are often ICE-lite: they have a public address, tell it, and answer.
--
-- A lite agent asks no servers, sends no checks and takes the pair that the other side nominates
-- (RFC 8445 §2.5). So it needs an address that can be reached, and then any client reaches it, a
-- symmetric NAT included: the mapping towards the server is made by the client's own checks.

local function build(net, nat_of_server)
  local internet = net:router("internet")
  local stun = net:host("stun", { link = { internet, one_way_delay = "20ms" } })
  stun:stun_server()
  local wan = { internet, one_way_delay = "30ms", loss = "1%" }
  local alice = net:home("alice", { nat = "symmetric", wan = wan })
  local server = nat_of_server and net:home("sfu", { nat = nat_of_server, wan = wan })
    or net:host("sfu", { link = wan })
  return alice, server, stun
end

scenario("a client behind a symmetric NAT reaches a lite server", function(net)
  local alice, server, stun = build(net)
  local call = net:call(alice, server, { ice_servers = { stun = stun }, callee = { lite = true } })
  call:wait("connected", "5s")
  expect(call.callee.role).equals("controlled")
  expect(#call.callee.candidates).equals(1)
  -- What the server sees of the client was never told: its NAT chose the port for this server.
  expect(call.callee.selected_pair.remote_type).equals("prflx")
  call:send("hello")
  sleep("200ms")
  call.callee:send("hello to you")
end)

scenario("the server calls, and is controlled all the same", function(net)
  local alice, server, stun = build(net)
  local call = net:call(server, alice, { ice_servers = { stun = stun }, caller = { lite = true } })
  call:wait("connected", "5s")
  expect(call.caller.role).equals("controlled")
  expect(call.callee.role).equals("controlling")
end)

scenario("a lite server behind a NAT is reached by nobody", function(net)
  local alice, server, stun = build(net, "full-cone")
  local call = net:call(alice, server, { ice_servers = { stun = stun }, callee = { lite = true } })
  expect(call:try_wait("connected", "60s")).equals(false)
  expect(call.caller.state).equals("failed")
end)

scenario("two lite agents check nothing, and believe that they are connected", function(net)
  local alice, server = build(net)
  local call = net:call(alice, server, { lite = true })
  call:wait("connected", "5s")
  -- The client's private address is all that the server knows of it.
  call.callee:send("is anybody there?")
  sleep("1s")
  expect(call.caller.datagrams_received).equals(0)
end)
