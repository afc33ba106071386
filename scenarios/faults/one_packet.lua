-- What one packet's bad luck costs.
--
-- A fault strikes chosen packets at one host: it loses, delays, copies or spoils them. Each story
-- here strikes the answer to a STUN request, of which RFC 8489 says to the millisecond what happens:
-- the request is sent again after 500 ms, and any transmission's answer will do.

local round_trip = duration("70ms") -- twice 15 ms and 20 ms

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local stun = server:stun_server()
  local alice = net:home("alice", { nat = "port-restricted", wan = { internet, one_way_delay = "15ms" } })
  local answer = { host = alice, direction = "in", method = "binding", class = "success", n = 1 }
  -- How long one request takes.
  local function ask()
    local start = net:now()
    expect(alice:stun_request(server).failure).equals(nil)
    return net:now() - start
  end
  return ask, answer, stun
end

scenario("nothing happens to it: one round trip", function(net)
  local ask = build(net)
  expect(ask()).equals(round_trip)
end)

scenario("lost: a timeout and a round trip", function(net)
  local ask, answer, stun = build(net)
  drop(answer)
  expect(ask()).equals(round_trip + "500ms")
  expect(stun.answered).equals(2)
end)

scenario("spoiled: the checksum finds it, and it is as good as lost", function(net)
  local ask, answer = build(net)
  corrupt(answer)
  expect(ask()).equals(round_trip + "500ms")
end)

scenario("late by 400 ms: it comes before the timeout", function(net)
  local ask, answer, stun = build(net)
  answer.by = "400ms"
  delay(answer)
  expect(ask()).equals(round_trip + "400ms")
  expect(stun.answered).equals(1)
end)

scenario("late by 600 ms: the second transmission's answer overtakes it", function(net)
  local ask, answer, stun = build(net)
  answer.by = "600ms"
  delay(answer)
  expect(ask()).equals(round_trip + "500ms")
  expect(stun.answered).equals(2)
end)

scenario("twice: the copy belongs to no request any more", function(net)
  local ask, answer = build(net)
  local fault = duplicate(answer)
  expect(ask()).equals(round_trip)
  expect(fault.count).equals(1)
end)
