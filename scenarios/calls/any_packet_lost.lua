-- The same call again and again, each time with another packet lost: whichever it is, the call still
-- connects, and no later than the timers of the RFCs allow.
--
-- What one loss costs at most: a STUN transaction waits 500 ms before it is sent again (RFC 8489
-- §6.2.1), a flight of DTLS one second (RFC 6347 §4.2.4.1). The calls run side by side, each in its
-- own pair of homes.

local most = param("most", 40) -- packets that are tried, in each direction at the caller's host

-- A call whose n-th packet in that direction is lost; none if n is 0.
local function start(net, internet, server, name, direction, n)
  local alice = net:home("alice-" .. name, { nat = "port-restricted", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob-" .. name, { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  local lost = n > 0 and drop({ host = alice, direction = direction, n = n })
  local call = net:call(alice, bob, {
    ice_servers = { stun = server },
    media = { audio = true },
  })
  return { call = call, lost = lost, name = name }
end

-- When both sides could send media.
local function done(call)
  local a, b = call.caller.dtls_time, call.callee.dtls_time
  return a and b and (a > b and a or b)
end

scenario("every packet lost once", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "10ms" } })
  server:stun_server()
  local plain = start(net, internet, server, "plain", "out", 0)
  local runs = {}
  for _, direction in ipairs({ "out", "in" }) do
    for n = 1, most do
      runs[#runs + 1] = start(net, internet, server, direction .. n, direction, n)
    end
  end
  sleep("3s")

  local usual = done(plain.call)
  log("no loss: media after " .. tostring(usual))
  for _, run in ipairs(runs) do
    run.time = done(run.call)
    if not run.time then fail(run.name .. ": no media after 3 s") end
    expect(run.lost.count).equals(1)
    expect(run.time).at_most(usual + duration("1.1s"))
  end
  table.sort(runs, function(a, b) return a.time > b.time end)
  log("the slowest ten, by the packet that was lost at alice's host:")
  for i = 1, 10 do
    local run = runs[i]
    local ice = run.call.caller.ice_time > run.call.callee.ice_time and run.call.caller.ice_time or run.call.callee.ice_time
    log(string.format("%-6s media after %s: ICE took %s more than usual, DTLS %s", run.name, tostring(run.time),
      tostring(ice - plain.call.ice_time), tostring((run.time - ice) - (usual - plain.call.ice_time))))
  end
  metric("slowest", runs[1].time)
  metric("usual", usual)
end)
