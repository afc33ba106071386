-- ICE is restarted: new credentials, new candidates, and the call goes on.
--
-- Consent needs 30 s to find that a path is dead, and then the call has failed. Whoever knows better, as
-- when the phone itself sees its Wi-Fi go, restarts ICE (RFC 8445 §9) and is back within round trips. And
-- as long as the old pair works, nothing of the change is heard: it carries the data until both sides
-- have another.

local delays = { house = 10, carrier = 40, bob = 30 }

local function build(net, signalling)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local function nat(name, preset)
    return net:nat(name, {
      nat = preset,
      wan = { internet, one_way_delay = delays[name] .. "ms" },
    })
  end
  local house, carrier = nat("house", "port-restricted"), nat("carrier", "cgn-cellular-easy")
  local phone = net:host("phone", { links = { { house }, { carrier } } })
  local bob = net:home("bob", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = delays.bob .. "ms" },
  })
  local call = net:call(phone, bob, { ice_servers = { stun = server }, signalling = signalling })
  call:wait("connected", "10s")
  return call, house, carrier, phone.interfaces[1]
end

scenario("the Wi-Fi is gone: a restart takes the carrier's network", function(net)
  local call, house, carrier, wifi = build(net)
  expect(call.selected_pair.local_address).contains(house.external_address)
  sleep("5s")
  wifi:up(false)
  local left = net:now()
  call:restart_ice()
  call:wait_for_restart("2s")
  expect(call.selected_pair.local_address).contains(carrier.external_address)
  expect(call.caller.role).equals("controlling")
  expect(call.state).equals("connected")
  -- The offer takes 50 ms, Bob's question to the STUN server 100 ms, its answer 50 ms to the phone; then
  -- a check and the nomination take 140 ms each. Checks that wait for their turn come 50 ms apart.
  expect(net:now() - left).between("480ms", "680ms")
  metric("back after", net:now() - left)
  call:send("here again")
  sleep("100ms")
  expect(call.callee.datagrams_received).equals(1)
end)

scenario("a restart in the middle of a stream: nothing is lost", function(net)
  local call = build(net)
  local before = call.selected_pair
  local sent = 0
  local function stream(packets)
    for _ = 1, packets do
      expect(call:send("a frame of voice")).equals(true)
      sent = sent + 1
      sleep("20ms")
    end
  end
  stream(50)
  call.callee:restart_ice()
  stream(100)
  call:wait_for_restart("1s")
  expect(call.selected_pair.id).never.equals(before.id)
  expect(call.selected_pair.local_address).never.equals(before.local_address)
  sleep("1s")
  expect(call.callee.datagrams_received).equals(sent)
  -- The one that restarts does not change the roles.
  expect(call.caller.role).equals("controlling")
  expect(call.callee.role).equals("controlled")
end)

scenario("both restart at once", function(net)
  local call = build(net)
  call.caller:restart_ice()
  call.callee:restart_ice()
  call:wait_for_restart("2s")
  expect(call.state).equals("connected")
end)

scenario("three restarts before the first is answered, over lossy signalling", function(net)
  local call = build(net, { one_way_delay = "300ms", loss = "20%", resend_after = "500ms" })
  for _ = 1, 3 do
    call:restart_ice()
    sleep("100ms")
  end
  call:wait_for_restart("30s")
  call:send("still here")
  sleep("100ms")
  expect(call.callee.datagrams_received).equals(1)
end)

scenario("a call with media: the offer restarts ICE, and the keys stay", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local wan = { internet, one_way_delay = "15ms" }
  local alice = net:home("alice", { nat = "port-restricted", wan = wan })
  local bob = net:home("bob", { nat = "port-restricted", wan = wan })
  local call = net:call(alice, bob, { ice_servers = { stun = server }, media = { audio = true } })
  call:wait("connected", "10s")
  local ufrag = call.caller.local_description:match("ice%-ufrag:(%S+)")
  local secured = call.caller.dtls_time
  sleep("2s")
  call.callee:restart_ice()
  call:wait_for_restart("2s")
  expect(call.state).equals("connected")
  expect(call.caller.local_description:match("ice%-ufrag:(%S+)")).never.equals(ufrag)
  expect(call.caller.dtls_time).equals(secured)
end)

scenario("a call with media: both restart, one before the other's offer is answered", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local wan = { internet, one_way_delay = "15ms", loss = "1%" }
  local alice = net:home("alice", { nat = "port-restricted", wan = wan })
  local bob = net:home("bob", { nat = "port-restricted", wan = wan })
  for _, trickle in ipairs({ "full", "half", "none" }) do
    local call = net:call(alice, bob, {
      ice_servers = { stun = server },
      trickle = trickle,
      media = { audio = true },
    })
    call:wait("connected", "10s")
    call.caller:restart_ice()
    sleep("30ms")
    call.callee:restart_ice()
    call:wait_for_restart("10s")
    expect(call.caller.role).equals("controlling")
    call:close()
  end
end)
