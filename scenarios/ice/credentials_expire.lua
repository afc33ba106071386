-- TURN credentials that last shorter than the call.
--
-- A service hands out credentials that expire, made with a secret that it shares with the TURN
-- server (draft-uberti-behave-turn-rest). The server looks at the expiry with every request, so a
-- relayed call outlives them until the next refresh of a permission (every four minutes) or of the
-- allocation is refused with 401: minutes after the cause, and both sides' media stops.

local function relayed_call(net, life)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local relay = server:turn_server({ secret = "shared with the service" })
  local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms", loss = "0.5%" } })
  local bob = net:home("bob", { nat = "symmetric", wan = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, {
    ice_servers = { stun = server, turn = { server, user = "alice", expires = life } },
  })
  call:wait("connected", "10s")
  expect(call.selected_pair.type).equals("relay")
  return call, relay
end

scenario("credentials that outlast the call", function(net)
  local call, relay = relayed_call(net, "24h")
  sleep("65min")
  expect(call.state).equals("connected")
  expect(#relay:allocations()).at_least(1)
end)

scenario("credentials that do not: the call is lost minutes later", function(net)
  local life = duration(param("expires", "10min"))
  local call = relayed_call(net, life)
  sleep(life)
  expect(call.state).equals("connected")
  local expired = net:now()
  call:wait("failed", "15min")
  metric("outlived_by", net:now() - expired)
end)
