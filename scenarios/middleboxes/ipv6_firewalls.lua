-- Two homes with IPv6: no NAT between them, and yet not open to one another.
--
-- A home's router guards its IPv6 hosts with a stateful firewall (RFC 6092): a packet from outside
-- gets in only where one from inside has gone before. There is nothing to translate, so each host
-- candidate is what the peer sees, and both firewalls learn of the peer from the checks that go out.
-- Even two strict filters connect directly, host to host, with no server but the signalling.

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
  local alice, bob = home("alice", "15ms"), home("bob", "30ms")
  return alice, bob, net:call(alice, bob)
end

for _, firewall in ipairs({ "rfc6092", "port-restricted" }) do
  scenario(firewall .. " on both sides: direct, host to host", function(net)
    local alice, bob, call = build(net, firewall)
    call:wait("connected", "10s")
    expect(call.selected_pair.local_type).equals("host")
    expect(call.selected_pair.remote_type).equals("host")
    metric("ice_time", call.ice_time)
    -- Either firewall has let the other side in because its own side had spoken first.
    expect(#alice.firewall:flows()).at_least(1)
    expect(#bob.firewall:flows()).at_least(1)
  end)
end

scenario("without a word from inside nobody gets in", function(net)
  local internet = net:router("internet")
  local alice = net:home("alice", {
    nat = "none", firewall = "rfc6092", family = "ipv6", wan = { internet },
  })
  local stranger = net:host("stranger", { link = { internet }, family = "ipv6" })
  local other = net:host("other", { link = { internet }, family = "ipv6" })
  local socket = alice:udp()
  local far = stranger:udp()
  far:send(socket, "unasked")
  expect((socket:receive("1s"))).equals(nil)
  -- One packet, to whomever, and the port is open to anyone for two minutes (RFC 6092 REC-14).
  socket:send({ other, 9 }, "anybody there?")
  far:send(socket, "now?")
  expect((socket:receive("1s"))).never.equals(nil)
  sleep("120s")
  far:send(socket, "and now?")
  expect((socket:receive("1s"))).equals(nil)
end)
