-- Packets that wait until the script lets them go.
--
-- To hold packets is to choose what happens first. Here Bob's first check to Alice's NAT waits at his
-- host until her own has opened the filter, or does not; and an answer is kept for longer than the
-- NAT's mapping lives.

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local alice = net:home("alice", {
    nat = { preset = "port-restricted", udp_timeout = "60s" },
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  return server, alice, bob
end

for _, first in ipairs({ "Alice", "Bob" }) do
  scenario(first .. " is first", function(net)
    local server, alice, bob = build(net)
    local inside, far = alice:udp(), bob:udp()
    inside:send({ server, 9 }, "open")
    sleep("1s")
    local external = alice.nat:mappings()[1].external

    local wait = hold({ host = bob, direction = "out" })
    far:send(external, "check")
    if first == "Bob" then
      wait:release()
      sleep("1s")
      inside:send(far, "check")
    else
      inside:send(far, "check")
      sleep("1s")
      expect(wait.held).equals(1)
      wait:release()
    end
    -- Alice's filter is open to Bob if she has sent to him before his check arrives.
    expect(inside:receive("1s") ~= nil).equals(first == "Alice")
    expect((far:receive("1s"))).equals("check")
  end)
end

scenario("an answer that comes when the mapping has gone", function(net)
  local server, alice = build(net)
  local echo = server:echo()
  local wait = hold({ host = server, direction = "out" })
  local inside = alice:udp()
  inside:send(echo, "hello")
  sleep("61s")
  expect(#alice.nat:mappings()).equals(0)
  wait:stop()
  expect((inside:receive("1s"))).equals(nil)
end)
