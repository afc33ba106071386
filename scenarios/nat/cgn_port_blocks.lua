-- The carrier's NAT that runs out of ports.
--
-- A family's router sits behind a carrier's NAT which gives each subscriber one block of 512 ports
-- (RFC 6888 REQ-4). A peer-to-peer download opens flow after flow until the block is used up. From
-- then on new flows fail, and the carrier says so; a call that was there before goes on.

local block = param("block", 512)

scenario("a subscriber's block of ports runs out", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local carrier = net:nat("carrier", {
    nat = {
      mapping = "EIM",
      filtering = "EIF",
      port_allocation = "random",
      port_blocks = "dynamic",
      port_block_size = block,
      udp_timeout = "120s",
      port_hold_down = "120s",
    },
    wan = { internet, one_way_delay = "10ms" },
  })
  local home = { nat = "restricted", wan = { carrier, one_way_delay = "5ms" } }
  local alice, downloader = net:home("family", {
    nat = home.nat,
    wan = home.wan,
    hosts = { "alice", "downloader" },
  })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "15ms" } })

  -- A call is up before the download begins.
  local call = net:call(alice, bob, { ice_servers = { stun = server } })
  call:wait("connected", "10s")
  local used = #carrier:mappings()

  -- The download opens flows until the block is full.
  for i = 1, block + 20 do
    local socket = downloader:udp()
    socket:send({ server, 9 }, "piece " .. i)
  end
  sleep("1s")
  metric("ports used", #carrier:mappings())
  expect(#carrier:mappings()).equals(block)
  expect(used).at_least(1)

  -- A second call of the same family finds no port.
  local before = net:drops("nat_block_exhausted")
  local carol = net:host("carol", { link = { internet, one_way_delay = "15ms" } })
  local second = net:call(downloader, carol, { ice_servers = { stun = server } })
  second:wait("failed", "60s")
  metric("dropped for want of a port", net:drops("nat_block_exhausted") - before)
  expect(net:drops("nat_block_exhausted") - before).at_least(1)

  -- The neighbours have a block of their own, and the old call lives.
  local neighbour = net:home("neighbour", home)
  expect(neighbour:stun_request(server).mapped).never.equals(nil)
  call:send("still there?")
  sleep("1s")
  expect(call.callee.datagrams_received).equals(1)

  -- Two minutes after the download stopped its ports are free again.
  sleep("4min")
  expect(call.state).equals("connected")
  expect(downloader:stun_request(server).mapped).never.equals(nil)
end)
