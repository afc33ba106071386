-- A fast link that a small window cannot fill.
--
-- The receiver offers 65535 bytes and no window scale, so the sender has at most 44 segments of 1460
-- bytes in flight, whatever the link carries: over a round trip of 100 ms that is 5.1 Mbit/s of 20.
-- With the option (RFC 7323) and a buffer that fits the path, the link is filled.

local function transfer(net, options)
  local internet = net:router("internet")
  local far = { internet, one_way_delay = "25ms", rate = "20Mbit" }
  local server = net:host("server", { link = far })
  local client = net:host("client", { link = far })
  options.port = 9
  options.delayed_ack = "0ms"
  local sink = client:tcp_discard(options)
  local source = server:tcp_source({ to = sink, send_buffer = "1MiB" })
  sleep("3s")
  local before = sink.bytes
  sleep("1s")
  local rate = (sink.bytes - before) * 8
  metric("rate", rate / 1e6)
  source:stop()
  return rate
end

scenario("without window scaling", function(net)
  local rate = transfer(net, { window_scale = false })
  -- A round trip is 101.2 ms, with the segments' own time on the links: nine or ten in a second.
  expect(rate).between(44 * 1460 * 8 * 9, 44 * 1460 * 8 * 10)
end)

scenario("with a buffer that fits the path", function(net)
  local rate = transfer(net, { receive_buffer = "512KiB" })
  -- 1460 of 1500 bytes are the sender's.
  expect(rate).between(0.97 * 20e6, 0.974 * 20e6)
end)
