-- A cable is pulled out, and what was in it.
--
-- When a link goes down, the packets on it arrive all the same, die, or stop until it is up again:
-- a cut cable somewhere behind them, a radio cell that is lost, a modem that keeps its buffer. What is
-- sent while it is down dies in every case.

local function pulled(net, fate)
  local internet = net:router("internet")
  local alice = net:host("alice", { link = { internet, one_way_delay = "50ms", rate = "1.2Mbit" } })
  local bob = net:host("bob", { link = { internet } })
  local from, to = alice:udp(), bob:udp({ port = 9 })
  -- 1500 bytes take 10 ms to be sent: at 25 ms two are on the way, one is being sent, one waits.
  for number = 1, 4 do
    from:send(to, tostring(number) .. string.rep(" ", 1471))
  end
  sleep("25ms")
  alice.link:up(false, { in_flight = fate })
  from:send(to, "5")
  sleep("1s")
  alice.link:up(true)
  from:send(to, "6")
  sleep("1s")
  local seen = {}
  while to.waiting > 0 do
    seen[#seen + 1] = to:receive("0s"):sub(1, 1)
  end
  return table.concat(seen, " ")
end

for fate, seen in pairs({ deliver = "1 2 3 4 6", drop = "6", hold = "1 2 3 4 6" }) do
  scenario("what is on the way: " .. fate, function(net)
    expect(pulled(net, fate)).equals(seen)
  end)
end

scenario("held packets go on with the way that they had left", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", { link = { internet, one_way_delay = "50ms" } })
  local bob = net:host("bob", { link = { internet } })
  local from, to = alice:udp(), bob:udp({ port = 9 })
  from:send(to, "hello")
  sleep("20ms")
  alice.link:up(false, { in_flight = "hold" })
  sleep("1s")
  alice.link:up(true)
  to:receive("1s")
  expect(net:now()).equals(duration("50ms") + "1s")
end)
