-- Who needs a relay, and what does it cost?
--
-- Two homes are drawn from a population of NATs, and call each other with a TURN server at hand. Then
-- each side sends what speech sends: 50 packets of 160 bytes a second. What the relay has to carry for
-- the call, to it and from it, is counted on its link.

scenario("calls between homes of a population", function(net)
  local mix = param("mix", "halkes2010")
  local internet = net:router("internet")
  local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  server:turn_server({ users = { natsim = "secret" } })
  local function home(name, delay)
    local nat, firewall = nat_mix(mix)
    return net:home(name, { nat = nat, firewall = firewall, wan = { internet, one_way_delay = delay } })
  end
  local call = net:call(home("alice", "15ms"), home("bob", "30ms"), {
    ice_servers = { stun = server, turn = { server, user = "natsim" } },
  })
  for _ = 1, 40 do
    if call.state == "connected" or call.state == "failed" then break end
    sleep("1s")
  end
  local pair = call.state == "connected" and call.selected_pair
  local reflexive = pair and (pair.local_type == "prflx" or pair.remote_type == "prflx")
  metric("path", not pair and "none" or pair.type == "relay" and "relay" or reflexive and "prflx" or "direct")
  if pair then metric("ice_time", call.ice_time) end
  -- A packet of 160 bytes is 160 + 8 + 20 bytes on the wire; TURN's channels add 4.
  local function crossed()
    local counters = server.link:counters()
    return counters.up.delivered + counters.down.delivered
  end
  local before = crossed()
  if pair then
    local speech = ("x"):rep(160)
    for _ = 1, 50 do
      call.caller:send(speech)
      call.callee:send(speech)
      sleep("20ms")
    end
    sleep("1s")
  end
  local relayed = pair and pair.type == "relay"
  metric("relay_rate", relayed and (crossed() - before) * (160 + 4 + 28) * 8 or 0, { unit = "bit/s" })
end)
