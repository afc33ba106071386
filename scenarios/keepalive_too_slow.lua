-- The call that goes silent after half a minute.
--
-- Alice listens and rarely speaks. Her NAT forgets a mapping that she has not sent through for 30
-- seconds, and gives the next one another port; what comes from outside does not count. A keepalive
-- every 20 seconds holds the port. One every 45 seconds comes too late: the port is gone, Bob sends
-- to it all the same, and her NAT drops what he says.

local timeout = duration("30s")

local function build(net, keepalive)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:home("alice", {
    nat = {
      preset = "port-restricted",
      udp_timeout = timeout,
      refresh = "outbound",
      port_allocation = "random",
    },
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  -- Without consent checks (RFC 7675), which come every five seconds, the keepalive is all there is.
  local call = net:call(alice, bob, {
    ice_servers = { stun = server },
    consent = false,
    keepalive = keepalive,
  })
  call:wait("connected", "10s")
  return alice, call
end

-- Bob speaks every ten seconds for five minutes; how much of it does Alice hear?
local function listen(call)
  for _ = 1, 30 do
    sleep("10s")
    call.callee:send("are you there?")
  end
  sleep("1s")
  return call.caller.datagrams_received
end

scenario("a keepalive that is fast enough", function(net)
  local interval = duration(param("fast", "20s"))
  local alice, call = build(net, interval)
  local port = call.selected_pair.local_address
  local heard = listen(call)
  metric("heard", heard)
  expect(interval).at_most(timeout)
  expect(heard).equals(30)
  expect(alice.nat:mappings()[1].external).equals(port)
end)

scenario("a keepalive that is too slow", function(net)
  local interval = duration(param("slow", "45s"))
  local alice, call = build(net, interval)
  local port = call.selected_pair.local_address
  local heard = listen(call)
  metric("heard", heard)
  expect(interval).at_least(timeout)
  -- What Bob says in the first half minute arrives, and nothing afterwards.
  expect(heard).between(2, 4)
  for _, mapping in ipairs(alice.nat:mappings()) do
    expect(mapping.external).never.equals(port)
  end
end)
