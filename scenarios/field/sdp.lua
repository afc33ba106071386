-- Seen in the field: descriptions that others write otherwise, and exchanges that meet half way.

local function build(net)
  local internet = net:router("internet")
  local alice = net:host("alice", { link = { internet, one_way_delay = "15ms", loss = "0.1%" } })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  local a, b = alice:peer_connection(), bob:peer_connection()
  a:on("icecandidate", function(candidate) b:add_ice_candidate(candidate) end)
  b:on("icecandidate", function(candidate) a:add_ice_candidate(candidate) end)
  return a, b
end

-- An offer and its answer, each changed on its way.
local function negotiate(from, to, change_offer, change_answer)
  local offer = from:create_offer()
  from:set_local_description(offer)
  if change_offer then offer.sdp = change_offer(offer.sdp) end
  to:set_remote_description(offer)
  local answer = to:create_answer()
  to:set_local_description(answer)
  if change_answer then answer.sdp = change_answer(answer.sdp) end
  from:set_remote_description(answer)
  return offer, answer
end

scenario("pion/webrtc#3447: port 0 with bundle-only is no rejection", function(net)
  local a, b = build(net)
  a:add_track("audio")
  a:add_track("video")
  local _, answer = negotiate(a, b, function(sdp)
    return (sdp:gsub("m=video 9 ", "m=video 0 ", 1):gsub("a=mid:1\r\n", "a=mid:1\r\na=bundle-only\r\n", 1))
  end)
  expect(answer.sdp:find("m=video 0 ", 1, true)).equals(nil)
  a:wait("connected", "5s")
  sleep("2s")
  expect(#b:transceivers()).equals(2)
  expect(b:transceivers()[2].current_direction).equals("recvonly")
end)

scenario("aiortc#370: bundled sections with other credentials are refused", function(net)
  local a, b = build(net)
  a:add_track("audio")
  a:add_track("video")
  local offer = a:create_offer()
  a:set_local_description(offer)
  local first = offer.sdp:find("a=ice-ufrag:", 1, true)
  local at = offer.sdp:find("a=ice-ufrag:", first + 1, true)
  offer.sdp = offer.sdp:sub(1, at - 1) .. offer.sdp:sub(at):gsub("a=ice%-ufrag:%S+", "a=ice-ufrag:other", 1)
  local ok, reason = pcall(b.set_remote_description, b, offer)
  expect(ok).equals(false)
  expect(reason:find("its ICE credentials are not those of the bundle's first section", 1, true) ~= nil).equals(true)
  expect(b.signaling_state).equals("stable")
end)

scenario("baresip#3496: other ids for header extensions", function(net)
  local a, b = build(net)
  a:add_track("audio")
  negotiate(a, b, function(sdp) return (sdp:gsub("a=extmap:4 ", "a=extmap:14 ")) end, function(sdp)
    -- The answer says the ids of the offer, as its sender wrote them.
    expect(sdp:find("a=extmap:14 urn:ietf:params:rtp-hdrext:sdes:mid", 1, true) ~= nil).equals(true)
    return (sdp:gsub("a=extmap:14 ", "a=extmap:4 "))
  end)
  a:wait("connected", "5s")
end)

scenario("str0m#893, #887, #941: ten offers by turns, sections come and go", function(net)
  local a, b = build(net)
  local track = a:add_track("audio")
  negotiate(a, b)
  a:wait("connected", "5s")
  for round = 1, 10 do
    local from, to = a, b
    if round % 2 == 0 then from, to = b, a end
    local video = from:add_track("video")
    local offer = negotiate(from, to)
    expect(offer.sdp:find("a=setup:actpass", 1, true) ~= nil).equals(true)
    sleep("500ms")
    from:stop(video)
    negotiate(from, to)
    -- A section that was given up is used anew: there are never more than two.
    local _, sections = a.local_description.sdp:gsub("\nm=", "")
    expect(sections).equals(2)
    expect(a.connection_state).equals("connected")
    expect(b.connection_state).equals("connected")
  end
  expect(a:transceivers()[1].id).equals(track)
end)

scenario("w3c#2095, #2165: a rolled back offer leaves nothing behind", function(net)
  local a, b = build(net)
  a:add_track("audio")
  a:add_track("video")
  b:set_remote_description(a:create_offer())
  expect(#b:transceivers()).equals(2)
  b:set_remote_description({ type = "rollback" })
  expect(#b:transceivers()).equals(0)
  expect(b.signaling_state).equals("stable")
  -- And the same two can be offered from here.
  b:add_track("audio")
  negotiate(b, a)
  b:wait("connected", "5s")
end)

scenario("esp#175: the answer's setup is heeded", function(net)
  local a, b = build(net)
  a:add_track("audio")
  local _, answer = negotiate(a, b)
  expect(answer.sdp:find("a=setup:active", 1, true) ~= nil).equals(true)
  a:wait("connected", "5s")
end)
