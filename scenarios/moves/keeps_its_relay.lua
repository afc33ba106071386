-- A relayed call that keeps its relay from the Wi-Fi to LTE.
--
-- The phone leaves the house in the middle of a call that both sides' NATs have forced onto a TURN
-- server. A restart of ICE finds another way, by another allocation: an offer and an answer, a
-- relayed address, permissions, checks. With TURN mobility (RFC 8016) the allocation itself moves:
-- the client shows its ticket from the new address, and the other side notices nothing but a gap of
-- two round trips to the server. The first of these is for a nonce, as the server's nonces are for
-- one address each.

local house_delay, carrier_delay, server_delay, bob_delay = 10, 40, 20, 30

local function build(net, mobility)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = server_delay .. "ms" } })
  local turn = server:turn_server({ users = { alice = "secret" }, mobility = mobility })
  local house = net:nat("house", {
    nat = "symmetric",
    wan = { internet, one_way_delay = house_delay .. "ms" },
  })
  local carrier = net:nat("carrier", {
    nat = "symmetric",
    wan = { internet, one_way_delay = carrier_delay .. "ms" },
  })
  local phone = net:host("phone", { links = { { house }, { carrier } } })
  local bob = net:home("bob", { nat = "symmetric", wan = { internet, one_way_delay = bob_delay .. "ms" } })
  local wifi, lte = phone.interfaces[1], phone.interfaces[2]
  lte:up(false)
  local call = net:call(phone, bob, {
    policy = "relay",
    caller = { ice_servers = { turn = { server, user = "alice", mobility = true } } },
    callee = { ice_servers = { turn = { server, user = "alice" } } },
  })
  call:wait("connected", "10s")
  sleep("5s")
  return call, turn, function()
    wifi:up(false)
    lte:up(true)
  end
end

-- Frames of 20 ms both ways for three seconds: how long each side hears nothing.
local function talk(net, call)
  local function ear_of(side)
    return { side = side, heard = side.datagrams_received, at = net:now(), gap = net:now() - net:now() }
  end
  local ears = { ear_of(call.caller), ear_of(call.callee) }
  for _ = 1, 150 do
    call:send("a frame of voice")
    call.callee:send("a frame of voice")
    sleep("20ms")
    for _, ear in ipairs(ears) do
      if ear.side.datagrams_received > ear.heard then
        if net:now() - ear.at > ear.gap then
          ear.gap = net:now() - ear.at
        end
        ear.heard, ear.at = ear.side.datagrams_received, net:now()
      end
    end
  end
  return ears[1].gap, ears[2].gap
end

scenario("the relay moves along", function(net)
  local call, turn, leave = build(net, true)
  local relay = call.selected_pair.local_address
  local allocations = #turn:allocations()
  leave()
  expect(call.caller:move_relays()).equals(1)
  local at_caller, at_callee = talk(net, call)
  metric("gap at the caller", at_caller)
  metric("gap at the callee", at_callee)
  -- Two round trips of 120 ms to the server. Then a frame, which has been waiting for 20 ms at most,
  -- goes by the server to Bob; only then does the server send the phone what Bob says.
  expect(at_callee).between("240ms", "420ms")
  expect(at_caller).between("240ms", "480ms")
  expect(call.state).equals("connected")
  expect(call.selected_pair.local_address).equals(relay)
  expect(#turn:allocations()).equals(allocations)
  -- It is kept for as long as the call lasts.
  sleep("20min")
  expect(call.state).equals("connected")
  call:send("still here")
  sleep("1s")
  expect(call.selected_pair.local_address).equals(relay)
end)

scenario("a restart of ICE makes another", function(net)
  local call, _, leave = build(net, true)
  local relay = call.selected_pair.local_address
  leave()
  call:restart_ice()
  local at_caller, at_callee = talk(net, call)
  metric("gap at the caller", at_caller)
  metric("gap at the callee", at_callee)
  expect(at_callee).at_least("500ms")
  expect(at_caller).at_least("500ms")
  expect(call.selected_pair.local_address).never.equals(relay)
end)

scenario("a server that forbids it: nothing moves", function(net)
  local call, _, leave = build(net, false)
  leave()
  expect(call.caller:move_relays()).equals(0)
  call:wait("disconnected", "20s")
end)
