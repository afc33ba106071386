-- One upload spoils every call.
--
-- A modem with an uplink of 1 Mbit/s lets 128 packets wait. An upload fills that queue, again and again:
-- what comes last waits for 128 packets of 1500 bytes, 1.5 s. CoDel (RFC 8289) drops until the
-- standing delay is small again, for everybody; FQ-CoDel (RFC 8290) gives the call a queue of its own.

local rate = 1e6
local packets = 128

-- The median and the worst round trip of a ping every 100 ms beside an upload, and the upload's rate.
local function pings(net, queue)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "10ms" } })
  local alice = net:host("alice", {
    link = {
      internet,
      one_way_delay = "10ms",
      up = { rate = "1Mbit", queue = queue, queue_packets = packets },
    },
  })
  local echo, sink = server:echo(), server:tcp_discard({ port = 9, receive_buffer = "1MiB" })
  local upload = alice:tcp_source({ to = sink, send_buffer = "1MiB" })
  sleep("10s") -- until NewReno has found the queue's end, and again
  local before = sink.bytes
  local socket = alice:udp()
  local times = {}
  for _ = 1, 50 do
    local start = net:now()
    socket:send(echo, "ping")
    if socket:receive("3s") then
      times[#times + 1] = net:now() - start
    end
    sleep("100ms")
  end
  table.sort(times)
  local throughput = (sink.bytes - before) * 8 / (net:now() - duration("10s")).seconds
  upload:stop()
  metric("median", times[#times // 2])
  metric("worst", times[#times])
  metric("answered", #times)
  metric("upload_mbit", throughput / 1e6)
  return times[#times // 2], times[#times], throughput
end

-- How long a full queue takes to empty.
local full = duration(packets * 1500 * 8 / rate .. "s")

scenario("drop-tail: the queue is the delay", function(net)
  local median, worst, throughput = pings(net, "drop_tail")
  -- NewReno fills the queue, halves its window or more at the losses, and fills it again.
  expect(worst).between(0.95 * full, full + "40ms")
  expect(median).at_least(full / 4)
  expect(throughput).at_least(0.7 * rate)
end)

scenario("CoDel: the queue is kept short", function(net)
  local median, _, throughput = pings(net, "codel")
  expect(median).at_most("150ms")
  expect(throughput).at_least(0.8 * rate)
end)

scenario("FQ-CoDel: the ping has a queue of its own", function(net)
  local _, worst, throughput = pings(net, "fq_codel")
  -- 40 ms of way and 1 ms of its own, and at most two of the upload's packets, 12 ms each, before it.
  expect(worst).at_most("65ms")
  expect(throughput).at_least(0.8 * rate)
end)
