-- Ports mapped by UPnP (WANIPConnection, versions 1 and 2).
--
-- Most home routers that map ports do it by UPnP: a program finds the router by multicast (SSDP),
-- reads where its services are, and asks for a port over HTTP. Routers differ in what they grant,
-- and behind a carrier's NAT the port that was mapped is open to nobody.

local function build(net, upnp, wan)
  local internet = net:router("internet")
  local player = net:host("player", { link = { internet, one_way_delay = "20ms" } })
  local game, console = net:home("home", {
    nat = "port-restricted",
    wan = wan and wan(internet) or { internet, one_way_delay = "10ms" },
    hosts = { "game", "console" },
  })
  game.nat:port_mapping(upnp)
  return player, game, console
end

-- Whether what the player sends to `endpoint` arrives at the host's port.
local function reaches(player, host, port, endpoint)
  local there = host:udp({ port = port })
  local arrived = false
  player:udp():send(endpoint, "hello")
  arrived = there:receive("1s") ~= nil
  there:close()
  return arrived
end

scenario("a game maps its port and is reached", function(net)
  local player, game = build(net, {})
  local mapping = game:map_port({ port = 5000, using = "upnp", lifetime = "3600s" })
  expect(mapping:wait("20s")).equals("mapped")
  expect(mapping.external).equals(game.nat.external_address .. ":5000")
  expect(reaches(player, game, 5000, mapping.external)).equals(true)
  -- It is renewed at half of its lease, for as long as the program runs.
  sleep("2h")
  expect(mapping.renewals).between(3, 4)
  expect(reaches(player, game, 5000, mapping.external)).equals(true)
  mapping:remove()
  expect(mapping:wait("20s")).equals("removed")
  expect(reaches(player, game, 5000, game.nat.external_address .. ":5000")).equals(false)
end)

scenario("a router that knows only mappings without end", function(net)
  local player, game = build(net, { upnp_version = 1, upnp_permanent_only = true })
  local mapping = game:map_port({ port = 5000, using = "upnp" })
  expect(mapping:wait("20s")).equals("mapped")
  -- Error 725 made the program ask again, for a mapping without end.
  expect(mapping.lifetime).equals(nil)
  sleep("24h")
  expect(reaches(player, game, 5000, mapping.external)).equals(true)
end)

scenario("two hosts want one port", function(net)
  local _, game, console = build(net, { upnp_version = 1 })
  local first = game:map_port({ port = 5000, using = "upnp" })
  expect(first:wait("20s")).equals("mapped")
  local second = console:map_port({ port = 5000, using = "upnp" })
  expect(second:wait("20s")).equals("mapped")
  -- Error 718 made the second one draw another port.
  expect(second.external).never.equals(first.external)
end)

scenario("behind a carrier's NAT the mapped port is open to nobody", function(net)
  local player, game = build(net, {}, function(internet)
    local carrier = net:nat("carrier", { nat = "cgn-fixed", wan = { internet, one_way_delay = "5ms" } })
    return { carrier, one_way_delay = "5ms" }
  end)
  local mapping = game:map_port({ port = 5000, using = "upnp" })
  expect(mapping:wait("20s")).equals("mapped")
  -- What the router calls external is an address of the carrier's network (RFC 6598).
  expect(mapping.external).matches("^100%.")
  expect(reaches(player, game, 5000, mapping.external)).equals(false)
end)

scenario("no router answers", function(net)
  local _, game = build(net, { upnp = false })
  local mapping = game:map_port({ port = 5000, using = "upnp" })
  expect(mapping:wait("20s")).equals("failed")
  expect(mapping.failure).equals("no UPnP gateway answers")
  metric("given_up", net:now())
end)
