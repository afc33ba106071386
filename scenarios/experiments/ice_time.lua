-- How long does a call take to connect, and where does the time go?
--
-- Two homes with the NATs `caller` and `callee` call each other with a TURN server at hand, over `rtt`
-- of round trip and links that lose `loss`, as the `profile` of a client does it. The time until DTLS is
-- done falls into parts that follow each other: gathering candidates, waiting for the peer's, the checks
-- of the pair that is used in the end, its nomination, and the DTLS handshake.

local nats = { nat_mix = "halkes2010" }

scenario("the time that a call takes to connect", function(net)
  local caller, callee = (param("caller", "port-restricted", nats)), (param("callee", "port-restricted", nats))
  local rtt = duration(param("rtt", "80ms", { log_uniform = { "20ms", "300ms" } }))
  local loss = param("loss", "0%", { choice = { { "0%", 6 }, { "1%", 3 }, { "5%", 1 } } })
  local profile = param("profile", "chrome")
  local internet = net:router("internet")
  local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = rtt / 4 } })
  server:stun_server()
  server:turn_server({ users = { natsim = "secret" } })
  local function home(name, nat)
    return net:home(name, { nat = nat, wan = { internet, one_way_delay = rtt / 4, jitter = "1ms", loss = loss } })
  end
  local call = net:call(home("alice", caller), home("bob", callee), {
    profile = profile,
    ice_servers = { stun = server, turn = { server, user = "natsim" } },
    media = { audio = true },
  })
  local begun = net:now()
  for _ = 1, 300 do
    if call.caller.dtls_time or call.state == "failed" then break end
    sleep("100ms")
  end
  local side = call.caller
  metric("connected", side.dtls_time ~= nil)
  metric("pair", call.selected_pair and call.selected_pair.type or "none")
  if not side.dtls_time then return end
  metric("connect_time", side.dtls_time)
  metric("ice_time", side.ice_time)
  local pair = side.selected_pair
  local first = (pair.first_check or pair.succeeded_at) - begun
  -- Later checks of the pair succeed as well.
  local valid = pair.succeeded_at - begun
  if valid > side.ice_time then valid = side.ice_time end
  if first > valid then first = valid end
  local gathered = side.gathering_time or first
  if gathered > first then gathered = first end
  metric("gather", gathered)
  metric("signal", first - gathered)
  metric("check", valid - first)
  metric("nominate", side.ice_time - valid)
  metric("dtls", side.dtls_time - side.ice_time)
end)
