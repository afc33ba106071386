-- natsim between two TUN devices; see forwarding.py.
local load = param("load", "build/release/bench/forwarding_load")
local rate = param("rate", 2000)
local seconds = param("seconds", 2.0)
local bytes = param("bytes", 400)
local delay = param("delay", duration("0s"))

scenario("forwarding", function(net)
  local router = net:router("router")
  local one = net:host("one", { ip = "198.51.100.1", link = { router, one_way_delay = delay } })
  local other = net:host("other", { ip = "203.0.113.1", link = { router } })
  local receiver = other:spawn{ load, "receive", "9000", tostring(seconds + 1) }
  receiver:wait("ready", "5s")
  local sender = one:spawn{ load, "send", "203.0.113.1", "9000", tostring(rate), tostring(seconds), tostring(bytes) }
  local sent = sender:wait("sent", "60s").sent
  local result = receiver:wait("result", "60s")
  metric("sent", sent)
  metric("received", result.received)
  metric("p50", result.p50_ms, "ms")
  metric("p99", result.p99_ms, "ms")
  metric("p999", result.p999_ms, "ms")
end)
