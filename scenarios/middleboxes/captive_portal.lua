-- A hotel's network before and after the log-in.
--
-- Until a guest has logged in, the portal drops all that is not DNS. A call that is placed then
-- fails; the same call, placed after the log-in, connects. A neighbour's log-in helps nobody else.

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local portal = net:firewall("portal", { firewall = "captive-portal", wan = { internet } })
  local guest = net:host("guest", { link = { portal, one_way_delay = "2ms" } })
  local neighbour = net:host("neighbour", { link = { portal, one_way_delay = "2ms" } })
  local bob = net:home("bob", { nat = "restricted", wan = { internet, one_way_delay = "30ms" } })
  local function call()
    return net:call(guest, bob, { ice_servers = { stun = server } })
  end
  return portal, guest, neighbour, call
end

scenario("a call before the log-in fails, one after it connects", function(net)
  local portal, guest, neighbour, call = build(net)
  portal:log_in(neighbour)
  call():wait("failed", "60s")
  portal:log_in(guest)
  local second = call()
  second:wait("connected", "10s")
  metric("ice_time", second.ice_time)
end)
