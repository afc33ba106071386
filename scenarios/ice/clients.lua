-- The same call by different clients.
--
-- Few clients keep to the RFC's timers (natsim presets chrome shows one): Chrome pings every pair in its
-- turn from 48 ms on, libnice gives a check up after 2 s, pion after 1.6 s, aioice after more than a
-- minute; some nominate the first pair that works, and pion has direct pairs wait for half a second.
-- Where all goes well this is a matter of milliseconds. Where signalling is slow it is not.

local clients = { "rfc", "chrome", "libnice", "pion", "libjuice", "aioice" }

local function build(net, nat)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  server:turn_server({ users = { alice = "secret" } })
  local alice = net:home("alice", { nat = nat, wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  return alice, bob, { stun = server, turn = { server, user = "alice" } }
end

scenario("everyone connects to everyone", function(net)
  local alice, bob, servers = build(net, "port-restricted")
  for _, caller in ipairs(clients) do
    for _, callee in ipairs(clients) do
      local call = net:call(alice, bob, { ice_servers = servers, profile = { caller, callee } })
      call:wait("connected", "5s")
      expect(call.selected_pair.type).never.equals("relay")
      if callee == "rfc" then
        metric(caller, call.ice_time)
      end
      call:close()
      sleep("1s")
    end
  end
end)

scenario("Chrome calls libnice from behind a hard NAT", function(net)
  local alice, bob, servers = build(net, "symmetric")
  local call = net:call(alice, bob, { ice_servers = servers, profile = { "chrome", "libnice" } })
  call:wait("connected", "10s")
  expect(call.selected_pair.type).equals("relay")
  metric("ice_time", call.ice_time)
end)

-- The callee's answer is long under way, the answerer's checks die at the caller's NAT, and pion gives
-- them up after 1.6 s. What saves the call is the caller's check, which revives the pair.
scenario("signalling of two seconds: pion has given up, and is revived", function(net)
  local alice, bob, servers = build(net, "port-restricted")
  local call = net:call(alice, bob, {
    ice_servers = { stun = servers.stun },
    profile = { "rfc", "pion" },
    signalling = { one_way_delay = "2s" },
  })
  call:wait("connected", "20s")
  local again = 0
  for _, pair in ipairs(call.callee:pairs()) do
    if pair.transmissions > 8 then
      again = again + 1
    end
  end
  expect(again).at_least(1)
  metric("ice_time", call.ice_time)
end)
