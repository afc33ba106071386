-- One STUN transaction through a NAT, step by step, in fixed addresses.
--
--   192.168.1.5:5000 ── NAT 211.45.10.2:45000 ── 8.8.8.8:3478
--
-- The request leaves the host from port 5000. The NAT makes a row in its table, with the first
-- port of its range, and sends the request on from there. The server answers what it saw; the NAT
-- finds the row, restarts its timer, and passes the answer on. A minute of silence later the row is
-- gone.
--
--   one way:  host ── 1 ms ── NAT ── 9 ms ── internet ── 20 ms ── server

scenario("one STUN transaction through a NAT", function(net)
  local internet = net:router("internet")
  local server = net:host("server", {
    ip = "8.8.8.8",
    link = { internet, one_way_delay = "20ms" },
  })
  server:stun_server({ port = 3478 })
  local client = net:home("client", {
    ip = "192.168.1.5",
    nat = {
      mapping = "APDM",
      filtering = "APDF",
      port_allocation = "sequential",
      port_range = { 45000, 45999 },
      udp_timeout = "60s",
      refresh = "both",
    },
    wan = { internet, ip = "211.45.10.2", one_way_delay = "9ms" },
    lan = { one_way_delay = "1ms" },
  })

  -- The reply: the server's view of the socket, one round trip later.
  local reply = client:stun_request(server, { port = 5000 })
  expect(reply.failure).equals(nil)
  expect(reply.from).equals("192.168.1.5:5000")
  expect(reply.mapped).equals("211.45.10.2:45000")
  expect(reply.server).equals("8.8.8.8:3478")
  expect(reply.round_trip).equals("60ms")
  expect(net:now()).equals("60ms")

  -- The row: made when the request passed, refreshed when the answer did.
  local rows = client.nat:mappings()
  expect(#rows).equals(1)
  local row = rows[1]
  expect(row.internal).equals("192.168.1.5:5000")
  expect(row.external).equals("211.45.10.2:45000")
  expect(row.remote).equals("8.8.8.8:3478")
  expect(row.filter).equals({ "8.8.8.8:3478" })
  expect(row.packets_out).equals(1)
  expect(row.packets_in).equals(1)
  expect(row.created).equals("1ms")
  expect(row.refreshed).equals("59ms")
  expect(row.expires).equals("60.059s")
  log("the NAT's table:\n" .. client.nat:natstat())

  -- The timer: the row lives until the last instant, and not at it.
  sleep(duration("60.059s") - net:now() - "1ns")
  expect(#client.nat:mappings()).equals(1)
  sleep("1ns")
  expect(#client.nat:mappings()).equals(0)
end)
