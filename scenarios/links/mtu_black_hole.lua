-- Small packets arrive, large ones vanish.
--
-- Somewhere on the way a tunnel carries 1400 bytes and not 1500. A router that says so (ICMP,
-- fragmentation needed, RFC 1191) makes TCP send smaller segments. One that is silent, or a firewall
-- that drops its words, makes a black hole: the connection opens, for its SYNs are small, and then
-- nothing more arrives. Where the sender knows in advance, its segments fit.

local function upload(net, black_hole, mss)
  local internet = net:router("internet")
  local alice = net:host("alice", { link = { internet, one_way_delay = "5ms" } })
  -- Errors come from a router's address; a router without one is always silent.
  local entry = net:router("entry", { link = { internet, one_way_delay = "5ms", ip = "198.51.100.1" } })
  local exit = net:router("exit", {
    link = { entry, one_way_delay = "5ms", mtu = "1400B", mtu_black_hole = black_hole },
  })
  local server = net:host("server", { link = { exit, one_way_delay = "5ms" } })
  local sink = server:tcp_discard(mss and { port = 9, mss = mss } or 9)
  local source = alice:tcp_source({ to = sink, bytes = "100kB" })
  sleep("30s")
  expect(source.state).never.equals("SYN-SENT")
  metric("arrived", sink.bytes)
  metric("segment timeouts", source.timeouts)
  return sink.bytes, source
end

scenario("the router says what fits: all arrives", function(net)
  local bytes, source = upload(net, false)
  expect(bytes).equals(100000)
  expect(source.timeouts).equals(0)
  -- The initial window's ten segments (RFC 6928) were too large; what they held is sent again in
  -- segments of 1360 bytes.
  expect(source.retransmissions).equals(math.ceil(10 * 1460 / 1360))
end)

scenario("a black hole: the connection opens, and nothing arrives", function(net)
  local bytes, source = upload(net, true)
  expect(bytes).equals(0)
  -- The timeout doubles from 1 s: after 1, 3, 7 and 15 s.
  expect(source.timeouts).equals(4)
end)

scenario("a black hole that segments fit through", function(net)
  -- 1400 bytes less 40 of headers, as the other side's MSS option says it.
  local bytes, source = upload(net, true, "1360B")
  expect(bytes).equals(100000)
  expect(source.retransmissions).equals(0)
end)

scenario("UDP: the datagram's sender has to find out by itself", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", { link = { internet } })
  local bob = net:host("bob", { link = { internet, mtu = "1400B", mtu_black_hole = true } })
  local from, to = alice:udp(), bob:udp({ port = 9 })
  -- 28 bytes of headers.
  for size, arrives in pairs({ [1372] = true, [1373] = false }) do
    from:send(to, string.rep("x", size))
    expect(to:receive("1s") ~= nil).equals(arrives)
  end
end)
