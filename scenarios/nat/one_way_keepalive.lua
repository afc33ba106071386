-- Keepalives in one direction only.
--
-- Some cloud NATs time each direction of a flow by itself: packets from inside keep the way out open,
-- and only packets from outside keep the way in. Alice sends every minute, nobody answers, and after
-- four minutes the flow is gone although it was never idle. Answers to her keepalives hold it.

local function alive_after_an_hour(net, answered)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local echo = answered and server:echo() or server:udp({ port = 7 })
  local alice = net:home("alice", {
    nat = {
      mapping = "APDM",
      filtering = "APDF",
      port_allocation = "random",
      udp_timeout = "240s",
      refresh = "per_direction",
    },
    wan = { internet, one_way_delay = "15ms" },
  })
  alice:udp_source({ to = echo, interval = "60s" })
  sleep("1s")
  local first = alice.nat:mappings()[1].number
  sleep("1h")
  return alice.nat:mappings()[1].number == first
end

scenario("keepalives that are answered hold the flow", function(net)
  expect(alive_after_an_hour(net, true)).equals(true)
end)

scenario("keepalives that nobody answers do not", function(net)
  expect(alive_after_an_hour(net, false)).equals(false)
end)
