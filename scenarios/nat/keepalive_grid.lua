-- How long does a keepalive hold a NAT's mapping on a lossy link?
--
-- Every home sends a keepalive every K seconds through a NAT that forgets a mapping which has been
-- idle for T, and each packet is lost on its way to the NAT with probability p. Losing
-- m = ceil(T/K) - 1 in a row is fatal. Theory says how many of the homes still have their first
-- mapping after an hour; the simulation counts them. `--set homes=1000` narrows the intervals.

local homes = param("homes", 40)
local hour = 3600

local grid = { -- T and K in seconds
  { 30, 20 }, { 30, 14 }, { 30, 9 }, { 30, 4 }, { 60, 25 }, { 60, 19 }, { 120, 50 }, { 180, 55 },
}
local losses = { 1, 5, 10, 20 } -- percent

-- The probability of no run of m losses among n packets.
local function without_fatal_run(m, p, n)
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

local function theory(timeout, interval, p)
  local m = (timeout + interval - 1) // interval - 1
  return without_fatal_run(m, p, (hour - timeout) // interval + m)
end

-- Wilson's score interval. There are 32 cells: each has the confidence that makes 99 % for all.
local function interval_of(hits, trials)
  local z = 3.6
  local share = hits / trials
  local centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
  local half = z / (1 + z * z / trials)
    * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
  return math.max(0, centre - half), math.min(1, centre + half)
end

scenario("keepalives on lossy links: theory and simulation side by side", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local cells = {}
  for _, row in ipairs(grid) do
    for _, loss in ipairs(losses) do
      local cell = { timeout = row[1], interval = row[2], loss = loss, hosts = {} }
      for i = 1, homes do
        local name = ("t%dk%dp%d.%d"):format(cell.timeout, cell.interval, loss, i)
        local host = net:home(name, {
          nat = { udp_timeout = cell.timeout .. "s", refresh = "outbound" },
          wan = { internet, one_way_delay = "10ms" },
        })
        host:udp_source({ to = { server, 9 }, interval = cell.interval .. "s", size = "16B" })
        cell.hosts[i] = host
      end
      cells[#cells + 1] = cell
    end
  end

  -- The first packet makes the mapping; only those after it are lost.
  sleep("1s")
  for _, cell in ipairs(cells) do
    for _, host in ipairs(cell.hosts) do
      host.link:set({ up = { loss = cell.loss .. "%" } })
    end
  end
  sleep(duration(hour .. "s") - "1s")

  log("  T     K     loss   theory   simulated (interval)")
  for _, cell in ipairs(cells) do
    local alive = 0
    for _, host in ipairs(cell.hosts) do
      local mapping = host.nat:mappings()[1]
      if mapping and mapping.number == 1 then
        alive = alive + 1
      end
    end
    local expected = theory(cell.timeout, cell.interval, cell.loss / 100)
    local low, high = interval_of(alive, homes)
    log(("%4ds %4ds  %4d%%   %.4f   %.4f (%.4f to %.4f)"):format(
      cell.timeout, cell.interval, cell.loss, expected, alive / homes, low, high))
    expect(expected).between(low - 1e-9, high + 1e-9)
  end
end)
