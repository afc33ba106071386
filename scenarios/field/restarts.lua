-- Seen in the field: ICE restarts and their generations.
--
-- A restart may come at any moment: while candidates are being gathered, while the other side restarts
-- too, while the signalling is out. What is under way of the old generation is then late, and must not
-- be taken for something of the new one (RFC 8445 §9). Each title names where one was reported to be.

local function build(net, options)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:turn_server({ users = { alice = "secret" } })
  local function home(name, delay)
    return net:home(name, { nat = "port-restricted", wan = { internet, one_way_delay = delay } })
  end
  local alice, bob = home("alice", "15ms"), home("bob", "30ms")
  options = options or {}
  options.ice_servers = { stun = server, turn = { server, user = "alice" } }
  return net:call(alice, bob, options), alice, bob, server
end

local function both_hear(call)
  local before = { call.caller.datagrams_received, call.callee.datagrams_received }
  call.caller:send("one way")
  call.callee:send("the other")
  sleep("500ms")
  expect(call.caller.datagrams_received).equals(before[1] + 1)
  expect(call.callee.datagrams_received).equals(before[2] + 1)
end

-- The host's candidates are there at once, the STUN server's answer comes 70 ms later, the TURN server
-- refuses the first request then and gives a relayed address at 140 ms.
for _, at in ipairs({ 0, 10, 35, 69, 71, 105, 141, 200, 300 }) do
  scenario("pion/ice#942, #945: restarted " .. at .. " ms after the start", function(net)
    local call = build(net)
    sleep(at .. "ms")
    call:restart_ice()
    call:wait("connected", "10s")
    call:wait_for_restart("10s")
    both_hear(call)
    -- Each side has what it gathered in the last generation, and nothing twice.
    local seen = {}
    for _, candidate in ipairs(call.caller.candidates) do
      local key = candidate.type .. candidate.address .. tostring(candidate.base)
      expect(seen[key]).equals(nil)
      seen[key] = true
    end
  end)
end

for _, side in ipairs({ "caller", "callee" }) do
  scenario("libnice b7086dd9: the " .. side .. " restarts three times, and the roles stay", function(net)
    local call = build(net)
    call:wait("connected", "10s")
    for _ = 1, 3 do
      call[side]:restart_ice()
      call:wait_for_restart("10s")
      expect(call.caller.role).equals("controlling")
      expect(call.callee.role).equals("controlled")
      both_hear(call)
    end
  end)
end

-- The offers take 50 ms: up to there neither side knows of the other's.
for _, later in ipairs({ 0, 20, 49, 51, 80, 120, 250 }) do
  scenario("pion/webrtc#853, #1251: the other side restarts too, " .. later .. " ms later", function(net)
    local call = build(net)
    call:wait("connected", "10s")
    sleep("1s")
    call.callee:restart_ice()
    sleep(later .. "ms")
    call.caller:restart_ice()
    call:wait_for_restart("10s")
    expect(call.state).equals("connected")
    expect(call.caller.role).equals("controlling")
    both_hear(call)
  end)
end

scenario("libnice 47a96334, b20ac5ba: the old generation's answers come after the restart", function(net)
  local call, alice = build(net)
  local late = hold({ host = alice, direction = "in", protocol = "stun", class = "response" })
  sleep("150ms")
  expect(late.held).at_least(2)
  call:restart_ice()
  sleep("20ms")
  late:release()
  late:stop()
  call:wait("connected", "10s")
  call:wait_for_restart("10s")
  both_hear(call)
end)

scenario("libwebrtc p2p_transport_channel: after a restart nothing of the old generation is told", function(net)
  local call = build(net)
  call:wait("connected", "10s")
  sleep("2s")
  local old = {}
  for _, candidate in ipairs(call.callee.remote_candidates) do old[candidate.address] = true end
  call:restart_ice()
  call:wait_for_restart("10s")
  sleep("2s")
  expect(#call.callee.remote_candidates).at_least(2)
  for _, candidate in ipairs(call.callee.remote_candidates) do
    expect(old[candidate.address]).equals(nil)
  end
end)

-- A phone leaves its Wi-Fi while nobody reaches the signalling server, which is out for ten seconds. What
-- it has to say of its new addresses is said when the server is back: before consent to the old path ends.
scenario("firezone#15043: the network changes while the signalling is out", function(net)
  local internet = net:router("internet")
  local stun = net:host("stun", { link = { internet, one_way_delay = "20ms" } })
  stun:stun_server()
  local rooms = net:host("rooms", { link = { internet, one_way_delay = "20ms" } })
  rooms:signalling_server({ ping_interval = "2s", pong_timeout = "2s" })
  local function nat(name, preset)
    return net:nat(name, { nat = preset, wan = { internet, one_way_delay = "10ms" } })
  end
  local house, carrier = nat("house", "port-restricted"), nat("carrier", "cgn-cellular-easy")
  local phone = net:host("phone", { links = { { house }, { carrier } } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  local call = net:call(phone, bob, {
    ice_servers = { stun = stun },
    signalling = { server = rooms, ping_interval = "2s", pong_timeout = "2s", reconnect_max = "2s" },
  })
  call:wait("connected", "10s")
  sleep("5s")
  rooms.link:up(false)
  sleep("1s")
  phone.interfaces[1]:up(false)
  call:restart_ice()
  sleep("10s")
  local back = net:now()
  rooms.link:up(true)
  call:wait_for_restart("15s")
  expect(call.state).equals("connected")
  expect(call.selected_pair.local_address).contains(carrier.external_address)
  metric("back after", net:now() - back)
end)
