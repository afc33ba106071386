-- How often does a NAT have to be reminded?
--
-- A host behind a NAT sends a keepalive every `interval` seconds, and a server answers. The NAT forgets
-- a mapping that was idle for `timeout`; by `refresh` the packets that leave restart its clock, or those
-- that come, or both. Each packet is lost on the way between host and NAT with the probability `loss`.
-- Losing m = ceil(timeout / interval) - 1 keepalives in a row is fatal, and theory says how often that
-- happens in an hour.

local hour = duration("1h")

-- The probability of no run of m losses among n packets.
local function without_fatal_run(m, p, n)
  if m == 0 then return 0 end
  local fatal = p ^ m
  local r = {}
  for i = 0, n do
    if i < m then
      r[i] = 1
    elseif i == m then
      r[i] = 1 - fatal
    else
      r[i] = r[i - 1] - (1 - p) * fatal * r[i - m - 1]
    end
  end
  return r[n]
end

-- A server that answers, and a home that sends to it through its NAT every `interval`.
local function keep(net, name, internet, echo, nat, interval)
  local host = net:home(name, { nat = nat, wan = { internet, one_way_delay = "10ms" } })
  host:udp_source({ to = echo, interval = interval, size = "16B" })
  return host
end

local function echo_server(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  return internet, server:echo({ port = 9 })
end

-- Whether the first mapping is still there.
local function is_held(host)
  local mapping = host.nat:mappings()[1]
  return mapping ~= nil and mapping.number == 1
end

scenario("how long a keepalive holds a mapping", function(net)
  local interval = duration(param("interval", "20s"))
  local timeout = duration(param("timeout", "30s"))
  local loss = param("loss", "5%")
  local refresh = param("refresh", "outbound")
  local internet, echo = echo_server(net)
  local host = keep(net, "home", internet, echo, { udp_timeout = timeout, refresh = refresh }, interval)
  -- The first packet makes the mapping; only those after it are lost.
  sleep("1s")
  host.link:set({ up = { loss = loss } })
  sleep(hour - "1s")
  local m = math.ceil(timeout / interval) - 1
  metric("held", is_held(host))
  metric("theory", without_fatal_run(m, tonumber(loss:sub(1, -2)) / 100, math.floor((hour - timeout) / interval) + m))
end)

-- One home for each interval, without losses: which is the longest that holds the mapping for an hour?
scenario("the longest interval that is safe", function(net)
  local nat, firewall = param("nat", "linux-masquerade", { nat_mix = "halkes2010" })
  local internet, echo = echo_server(net)
  local intervals = { 10, 15, 20, 25, 29, 35, 45, 55, 59, 75, 90, 110, 119, 150, 175, 179, 240, 299, 420, 599 }
  local hosts = {}
  for i, seconds in ipairs(intervals) do
    local interval = duration(seconds .. "s")
    hosts[i] = keep(net, "home" .. i, internet, echo, { preset = nat }, interval)
  end
  sleep(hour)
  local longest = duration("0s")
  for i, seconds in ipairs(intervals) do
    if not is_held(hosts[i]) then break end
    longest = duration(seconds .. "s")
  end
  metric("longest_interval", longest)
  metric("firewall", firewall or "none")
end)
