-- Two paths are kept, and the call moves when one of them dies.
--
-- Without renomination ICE ends with one pair: when its network goes, consent finds out after 30 s, or
-- somebody restarts ICE. With it (draft-thatcher-ice-renomination, which libwebrtc, libnice and pion
-- know) the pairs that work are checked every three seconds, and the controlling side nominates another
-- one when the selected one is silent. Nothing is signalled.

local function build(net, options)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local function nat(name, delay)
    return net:nat(name, { nat = "port-restricted", wan = { internet, one_way_delay = delay } })
  end
  local house, carrier = nat("house", "10ms"), nat("carrier", "40ms")
  local phone = net:host("phone", { links = { { house }, { carrier } } })
  local bob = net:home("bob", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "30ms" },
  })
  options.ice_servers = { stun = server }
  local call = net:call(phone, bob, options)
  call:wait("connected", "10s")
  return call, house, carrier, phone.interfaces[1]
end

scenario("the Wi-Fi goes, and the call moves by itself", function(net)
  local call, house, carrier, wifi = build(net, { renomination = true })
  sleep("10s")
  expect(call.selected_pair.local_address).contains(house.external_address)
  wifi:up(false)
  local left = net:now()
  -- The last answer is up to 3 s old. Two checks go unanswered, and the third turn nominates.
  sleep("9.2s")
  expect(call.selected_pair.local_address).contains(carrier.external_address)
  expect(call.callee.selected_pair.remote_address).contains(carrier.external_address)
  expect(call.state).equals("connected")
  call:send("here again")
  sleep("100ms")
  expect(call.callee.datagrams_received).equals(1)
  -- And back, once the Wi-Fi is there and has shown to be quicker.
  wifi:up(true)
  sleep("9.2s")
  expect(call.selected_pair.local_address).contains(house.external_address)
  metric("away for", net:now() - left)
end)

scenario("one side does not know it: the call is stuck to its pair", function(net)
  local call, house, _, wifi = build(net, { callee = { renomination = true } })
  sleep("10s")
  wifi:up(false)
  sleep("11s")
  expect(call.selected_pair.local_address).contains(house.external_address)
  call:wait("failed", "25s")
end)
