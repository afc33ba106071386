-- What one lost packet in a hundred does to a download.
--
-- Two megabytes over 20 Mbit/s and a round trip of 40 ms. Without losses the link is full but for the
-- beginning. With 1 % each loss halves the congestion window, and what is left is what Mathis et al.
-- (1997) say: about 1.22 segments per round trip and square root of the loss, 0.87 where every second
-- segment is acknowledged.

local rtt = duration("40ms")

local function download(net, loss)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "10ms" } })
  local client = net:host("client", {
    link = {
      internet,
      one_way_delay = "10ms",
      down = { rate = "20Mbit", queue_packets = 200, loss = loss },
    },
  })
  local sink = client:tcp_discard(9)
  local source = server:tcp_source({ to = sink, bytes = "2MB" })
  source:wait("120s")
  metric("throughput", source.throughput / 1e6)
  metric("retransmissions", source.retransmissions)
  metric("timeouts", source.timeouts)
  expect(sink.bytes).equals(2000000)
  return source
end

scenario("a clean link is filled", function(net)
  local source = download(net, "0%")
  expect(source.retransmissions).equals(0)
  expect(source.throughput).at_least(14e6)
end)

scenario("one loss in a hundred leaves a fraction", function(net)
  local source = download(net, "1%")
  local mathis = 1.22 * 1460 * 8 / rtt.seconds / math.sqrt(0.01)
  metric("mathis", mathis / 1e6)
  expect(source.retransmissions).at_least(5)
  expect(source.throughput).between(mathis / 4, mathis * 2)
end)
