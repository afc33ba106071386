-- The NAT that is a cone for the first and symmetric for the second.
--
-- Some NATs keep a host's port for every destination, until another inside host uses the same one:
-- then the second host's mappings serve one destination each. Measured by the first host the NAT is a
-- port-restricted cone; by the second, with the same source port, it is symmetric, and a call that
-- worked for the one fails for the other.

local function build(net)
  local internet = net:router("internet")
  local server = net:host("server", {
    ip = { "203.0.113.10", "203.0.113.11" },
    link = { internet, one_way_delay = "20ms" },
  })
  server:stun_server()
  local first, second = net:home("flat", {
    nat = {
      mapping = "EIM",
      filtering = "APDF",
      symmetric_on_collision = true,
      on_collision = "random",
    },
    wan = { internet, one_way_delay = "15ms" },
    hosts = { "first", "second" },
  })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  return server, first, second, bob
end

scenario("the first host connects, the second with the same port does not", function(net)
  local server, first, second, bob = build(net)
  local function call(host)
    local outcome = net:call(host, bob, {
      ice_servers = { stun = server },
      caller = { port = 5000 },
    })
    return outcome:try_wait("connected", "60s")
  end
  expect(call(first)).equals(true)
  expect(call(second)).equals(false)
end)

scenario("the second host connects if its port is its own", function(net)
  local server, first, second, bob = build(net)
  for port, host in pairs({ [5000] = first, [5001] = second }) do
    local call = net:call(host, bob, {
      ice_servers = { stun = server },
      caller = { port = port },
    })
    call:wait("connected", "10s")
  end
end)
