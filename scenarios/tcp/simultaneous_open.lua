-- Both call at once, and both get through (RFC 9293, figure 7).
--
-- Hole punching over TCP rests on this: each side sends a SYN from the port that the other one sends
-- its own to. The SYNs cross, each is answered with SYN and ACK, and neither side was the listener. A
-- listener on the same port takes a third host's call all the same.

scenario("two hosts open one connection", function(net)
  local internet = net:router("internet")
  local far = { internet, one_way_delay = "15ms" }
  local alice = net:host("alice", { link = far })
  local bob = net:host("bob", { link = far })
  local carol = net:host("carol", { link = far })

  local listener = alice:tcp_listen({ port = 5000, shared = true })
  local left = alice:tcp_connect({ bob, 5000 }, { port = 5000, shared = true })
  local right = bob:tcp_connect({ alice, 5000 }, { port = 5000 })
  local third = carol:tcp_connect(listener)
  left:wait("connected", "1s")
  right:wait("connected", "1s")
  third:wait("connected", "1s")
  expect(left.connect_time).equals(duration("60ms"))
  expect(left.retransmissions).equals(0)

  left:send("from the left")
  expect(right:receive("1s")).equals("from the left")
  local accepted = listener:accept("1s")
  third:send("from the third")
  expect(accepted:receive("1s")).equals("from the third")
  expect(accepted.endpoint).equals(left.endpoint)
end)

scenario("the call is made again until the other side calls", function(net)
  local internet = net:router("internet")
  local far = { internet, one_way_delay = "15ms" }
  local alice = net:host("alice", { link = far })
  local bob = net:host("bob", { link = far })

  -- Without a listener Bob's host would answer the first SYN with RST and end it all.
  bob:tcp_silent(true)
  local left = alice:tcp_connect({ bob, 5000 }, { port = 5000 })
  sleep("2s")
  expect(left.state).equals("SYN-SENT")
  local right = bob:tcp_connect({ alice, 5000 }, { port = 5000 })
  right:wait("connected", "1s")
  left:wait("connected", "1s")
  metric("connect_time", left.connect_time)
end)
