-- Asking the gateway for a port (NAT-PMP, RFC 6886, and PCP, RFC 6887).
--
-- A symmetric NAT and a port-restricted one cannot be punched: the one picks a port that nobody was
-- told of, the other admits only ports that were sent to. But if the symmetric NAT's owner maps the
-- call's port, all that it sends leaves from there, to whomever, and anybody may answer. The same
-- two NATs then connect directly.

local function build(net, alice_port)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  local function call()
    return net:call(alice, bob, { ice_servers = { stun = server }, caller = { port = alice_port } })
  end
  return alice, call
end

scenario("without a mapping the call fails", function(net)
  local _, call = build(net, 5000)
  call():wait("failed", "60s")
end)

for _, protocol in ipairs({ "pcp", "nat-pmp" }) do
  scenario("a port mapped by " .. protocol .. " connects it", function(net)
    local alice, call = build(net, 5000)
    alice.nat:port_mapping()
    local mapping = alice:map_port({ port = 5000, external_port = 5000, using = protocol })
    expect(mapping:wait("5s")).equals("mapped")
    local made = call()
    made:wait("connected", "10s")
    -- Alice's checks come from the mapped port, which STUN told her too.
    expect(made.selected_pair.local_address).equals(mapping.external)
    metric("ice_time", made.ice_time)
  end)
end

scenario("behind a carrier's NAT the home's mapping is worth nothing", function(net)
  local internet = net:router("internet")
  local outside = net:host("outside", { link = { internet } })
  local carrier = net:nat("carrier", { nat = "symmetric", wan = { internet } })
  local alice = net:home("alice", { nat = "port-restricted", wan = { carrier } })
  alice.nat:port_mapping()
  local mapping = alice:map_port({ port = 5000, external_port = 7000 })
  expect(mapping:wait("5s")).equals("mapped")
  -- The address that it got is the carrier's inside (RFC 6598): nobody outside can send there.
  expect(mapping.external).matches("^100%.64%.")
  local inside, far = alice:udp({ port = 5000 }), outside:udp()
  far:send(mapping.external, "hello")
  expect((inside:receive("1s"))).equals(nil)
end)

scenario("behind a carrier's NAT both have to be asked", function(net)
  local internet = net:router("internet")
  local outside = net:host("outside", { link = { internet } })
  local carrier = net:nat("carrier", { nat = "symmetric", wan = { internet } })
  carrier:port_mapping()
  local alice = net:home("alice", { nat = "port-restricted", wan = { carrier } })
  alice.nat:port_mapping()
  local near = alice:map_port({ port = 5000, external_port = 5000 })
  expect(near:wait("5s")).equals("mapped")
  -- PCP's server would find that the request came from another address than it says (ADDRESS_MISMATCH);
  -- NAT-PMP takes it for the home router's own, whose port 5000 is Alice's.
  local pcp = alice:map_port({ port = 5000, gateway = carrier })
  expect(pcp:wait("5s")).equals("failed")
  expect(pcp.failure).equals("ADDRESS_MISMATCH")
  local far = alice:map_port({ port = 5000, using = "nat-pmp", gateway = carrier })
  expect(far:wait("5s")).equals("mapped")
  local inside = alice:udp({ port = 5000 })
  outside:udp():send(far.external, "hello")
  expect((inside:receive("1s"))).equals("hello")
end)

scenario("a gateway that forgets: the next renewal restores the mapping", function(net)
  local internet = net:router("internet")
  local outside = net:host("outside", { link = { internet } })
  local alice = net:home("alice", { nat = "port-restricted", wan = { internet } })
  alice.nat:port_mapping({ max_lifetime = "600s" })
  local mapping = alice:map_port({ port = 5000, external_port = 7000, using = "nat-pmp" })
  expect(mapping:wait("5s")).equals("mapped")
  expect(mapping.lifetime).equals("600s") -- shorter than the 2 h that were asked for
  sleep("100s")
  alice.nat:flush()
  expect(#alice.nat:mappings()).equals(0)
  sleep("250s")
  expect(mapping.gateway_restarts).equals(1) -- by the epoch of the answer, which had begun anew
  local inside, far = alice:udp({ port = 5000 }), outside:udp()
  far:send(mapping.external, "hello")
  expect((inside:receive("1s"))).never.equals(nil)
end)

-- PEER (RFC 6887 §12) opens the port to nobody: the NAT goes on treating the mapping as one that
-- packets have made, and only takes care that it does not run out.
for _, kept in ipairs({ true, false }) do
  scenario("ten silent minutes, the mapping kept for the peer: " .. tostring(kept), function(net)
    local internet = net:router("internet")
    local outside = net:host("outside", { link = { internet } })
    local alice = net:home("alice", {
      nat = { preset = "port-restricted", udp_timeout = "30s" },
      wan = { internet },
    })
    alice.nat:port_mapping()
    local inside, far, stranger = alice:udp({ port = 5000 }), outside:udp(), outside:udp()
    inside:send(far, "hello")
    local _, seen_from = far:receive("1s")
    if kept then
      local mapping = alice:map_port({ port = 5000, peer = far })
      expect(mapping:wait("5s")).equals("mapped")
      expect(mapping.external).equals(seen_from)
    end
    sleep("10min")
    stranger:send(seen_from, "may I?")
    expect((inside:receive("1s"))).equals(nil)
    far:send(seen_from, "still there?")
    expect((inside:receive("1s")) ~= nil).equals(kept)
  end)
end

scenario("a gateway that lies about its address", function(net)
  local internet = net:router("internet")
  local alice = net:home("alice", { nat = "full-cone", wan = { internet } })
  alice.nat:port_mapping({ reported_address = "10.0.0.1" })
  local mapping = alice:map_port({ port = 5000, external_port = 7000 })
  expect(mapping:wait("5s")).equals("mapped")
  expect(mapping.external).equals("10.0.0.1:7000")
  expect(alice.nat.external_address).never.equals("10.0.0.1")
end)
