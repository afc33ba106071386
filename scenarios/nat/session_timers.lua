-- The filter that closes while the mapping lives.
--
-- A NAT may time each session, that is each remote of a mapping, by itself. Alice talks to a server
-- all the time, so her external port stays what it is; but Bob, whom she has not sent to for a minute,
-- finds his way in closed. With one timer for the mapping it would be open.

local function heard(net, timer_scope)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:udp({ port = 9 })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  local bobs = bob:udp({ port = 6000 })
  local alice = net:home("alice", {
    nat = {
      mapping = "EIM",
      filtering = "APDF",
      udp_timeout = "60s",
      refresh = "outbound",
      timer_scope = timer_scope,
    },
    wan = { internet, one_way_delay = "15ms" },
  })
  local socket = alice:udp()
  socket:send(bobs, "hello")
  local _, from = bobs:receive("1s")
  for _ = 1, 6 do
    sleep("20s")
    socket:send({ server, 9 }, "busy")
  end
  expect(alice.nat:mappings()[1].external).equals(from)
  bobs:send(from, "are you there?")
  return socket:receive("1s") ~= nil
end

scenario("one timer for the mapping: Bob is heard", function(net)
  expect(heard(net, "per_mapping")).equals(true)
end)

scenario("a timer for each session: Bob is not heard", function(net)
  expect(heard(net, "per_session")).equals(false)
end)
