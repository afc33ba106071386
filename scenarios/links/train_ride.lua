-- A download on a train, from a recorded link.
--
-- A trace in Mahimahi's format says at which milliseconds 1500 bytes may leave; when it is through it
-- begins again. In this one the link carries a packet every 4 ms for four seconds, then passes through
-- a tunnel of one second. A schedule of rates says the same in a line, with a packet's time at the rate
-- in place of the slots. TCP fills what there is, and the packets in the tunnel wait for its end.

local period = duration("5s")

local function download(net, link)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "10ms" } })
  link[1] = internet
  link.one_way_delay = "10ms"
  local client = net:host("client", { link = link })
  local sink = client:tcp_discard({ port = 9, receive_buffer = "1MiB" })
  local source = server:tcp_source({ to = sink, send_buffer = "1MiB" })
  sleep(period)
  local before = sink.bytes
  sleep(period * 2)
  local rate = (sink.bytes - before) * 8 / (period * 2).seconds
  expect(source.timeouts).equals(0)
  metric("mbit", rate / 1e6)
  return rate
end

-- In five seconds 1000 packets leave until the tunnel, and a trace's last line is one more at its end.
-- 1460 of their 1500 bytes are the sender's.
local function capacity(packets)
  return packets * 1460 * 8 / period.seconds
end

scenario("by a trace", function(net)
  expect(download(net, { down = { trace = "train_ride.trace" } })).equals(capacity(1001))
end)

scenario("by a schedule", function(net)
  local schedule = { { at = "0s", rate = "3Mbit" }, { at = "4s", rate = "none" }, period = period }
  expect(download(net, { down = { rate_schedule = schedule } })).equals(capacity(1000))
end)

scenario("what waits in the tunnel comes out at its end", function(net)
  local internet = net:router("internet")
  local client = net:host("client", { link = { internet, down = { trace = "train_ride.trace" } } })
  local server = net:host("server", { link = { internet } })
  local to, from = client:udp({ port = 9 }), server:udp()
  sleep("4.5s")
  from:send(to, "from the station")
  to:receive("1s")
  expect(net:now()).equals("5s")
end)
