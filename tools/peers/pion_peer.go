// pion as a WebRTC peer that speaks JSON lines over its standard streams; README.md has the
// messages. Built by build_pion from Debian's packages.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"
)

type message map[string]interface{}

type peer struct {
	connection *webrtc.PeerConnection
	startedAt  time.Time
	early      []webrtc.ICECandidateInit // that came before the description
}

var output sync.Mutex

func say(what message) {
	line, _ := json.Marshal(what)
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(line))
}

func fail(err error) { say(message{"type": "error", "message": err.Error()}) }

func (p *peer) since() float64 { return float64(time.Since(p.startedAt).Microseconds()) / 1000 }

func (p *peer) tellState(what, state string) {
	say(message{"type": "state", "what": what, "state": state, "ms": p.since()})
}

func (p *peer) useChannel(channel *webrtc.DataChannel) {
	channel.OnOpen(func() {
		p.tellState("data", "open")
		if err := channel.SendText("hello"); err != nil {
			fail(err)
		}
	})
	var once sync.Once
	channel.OnMessage(func(received webrtc.DataChannelMessage) {
		once.Do(func() {
			say(message{"type": "data", "text": string(received.Data), "ms": p.since()})
		})
	})
}

// Sends frames that a decoder need not understand, as often as a real source would.
func feed(track *webrtc.TrackLocalStaticSample, frame []byte, every time.Duration) {
	for range time.Tick(every) {
		if track.WriteSample(media.Sample{Data: frame, Duration: every}) != nil {
			return
		}
	}
}

func (p *peer) addMedia(kind string) error {
	codec, frame, every := webrtc.MimeTypeOpus, []byte{0xf8, 0xff, 0xfe}, 20*time.Millisecond
	if kind == "video" {
		// The header of a VP8 key frame (RFC 6386 section 9.1), of 16 by 16 pixels.
		codec, every = webrtc.MimeTypeVP8, 33*time.Millisecond
		frame = append([]byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00}, make([]byte, 200)...)
	}
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: codec}, kind, "natsim")
	if err != nil {
		return err
	}
	if _, err = p.connection.AddTrack(track); err != nil {
		return err
	}
	go feed(track, frame, every)
	return nil
}

func check(name, value string, allowed ...string) error {
	for _, each := range allowed {
		if value == each {
			return nil
		}
	}
	return fmt.Errorf("%s '%s': expected '%s'", name, value, strings.Join(allowed, "' or '"))
}

func (p *peer) start(text []byte) error {
	if p.connection != nil {
		return fmt.Errorf("start: it has been started already")
	}
	var asked struct {
		Role               string
		IceServers         []webrtc.ICEServer
		IceTransportPolicy string
		Media              []string
		Data               *bool
	}
	if err := json.Unmarshal(text, &asked); err != nil {
		return err
	}
	if asked.IceTransportPolicy == "" {
		asked.IceTransportPolicy = "all"
	}
	err := check("role", asked.Role, "offer", "answer")
	if err == nil {
		err = check("iceTransportPolicy", asked.IceTransportPolicy, "all", "relay")
	}
	for _, kind := range asked.Media {
		if err == nil {
			err = check("media", kind, "audio", "video")
		}
	}
	if err != nil {
		return err
	}
	configuration := webrtc.Configuration{ICEServers: asked.IceServers}
	if asked.IceTransportPolicy == "relay" {
		configuration.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	p.startedAt = time.Now()
	connection, err := webrtc.NewPeerConnection(configuration)
	if err != nil {
		return err
	}
	p.connection = connection
	connection.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) { p.tellState("ice", state.String()) })
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) { p.tellState("connection", state.String()) })
	connection.OnICEGatheringStateChange(func(state webrtc.ICEGathererState) { p.tellState("gathering", state.String()) })
	connection.OnSignalingStateChange(func(state webrtc.SignalingState) { p.tellState("signaling", state.String()) })
	connection.OnDataChannel(p.useChannel)
	connection.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if _, _, err := track.ReadRTP(); err == nil {
			say(message{"type": "media", "kind": track.Kind().String(), "ms": p.since()})
		}
		for {
			if _, _, err := track.ReadRTP(); err != nil {
				return
			}
		}
	})
	connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		told := message{"type": "candidate", "candidate": "", "sdpMid": "0", "sdpMLineIndex": 0}
		if candidate != nil {
			told["candidate"] = candidate.ToJSON().Candidate
		}
		say(told)
	})
	for _, kind := range asked.Media {
		if err := p.addMedia(kind); err != nil {
			return err
		}
	}
	if asked.Role != "offer" {
		return nil
	}
	if asked.Data == nil || *asked.Data {
		channel, err := connection.CreateDataChannel("natsim", nil)
		if err != nil {
			return err
		}
		p.useChannel(channel)
	}
	offer, err := connection.CreateOffer(nil)
	if err != nil {
		return err
	}
	say(message{"type": "offer", "sdp": offer.SDP})
	return connection.SetLocalDescription(offer)
}

func (p *peer) describe(kind, sdp string) error {
	description := webrtc.SessionDescription{Type: webrtc.NewSDPType(kind), SDP: sdp}
	if err := p.connection.SetRemoteDescription(description); err != nil {
		return err
	}
	for _, candidate := range p.early {
		if err := p.connection.AddICECandidate(candidate); err != nil {
			return err
		}
	}
	p.early = nil
	if kind != "offer" {
		return nil
	}
	answer, err := p.connection.CreateAnswer(nil)
	if err != nil {
		return err
	}
	say(message{"type": "answer", "sdp": answer.SDP})
	return p.connection.SetLocalDescription(answer)
}

func (p *peer) addCandidate(line string) error {
	candidate := webrtc.ICECandidateInit{Candidate: line}
	if p.connection.RemoteDescription() == nil {
		p.early = append(p.early, candidate)
		return nil
	}
	return p.connection.AddICECandidate(candidate)
}

func describeEnd(id string, report webrtc.StatsReport) message {
	candidate, known := report[id].(webrtc.ICECandidateStats)
	if !known {
		return nil
	}
	return message{"type": candidate.CandidateType.String(), "address": candidate.IP,
		"port": candidate.Port, "protocol": candidate.Protocol}
}

func (p *peer) statistics() message {
	report := p.connection.GetStats()
	told := message{"type": "stats", "pair": nil, "bytes_sent": nil, "bytes_received": nil, "packets_received": nil}
	for _, each := range report {
		switch stats := each.(type) {
		case webrtc.TransportStats:
			if told["bytes_sent"] == nil {
				told["bytes_sent"], told["bytes_received"] = stats.BytesSent, stats.BytesReceived
			}
		case webrtc.ICECandidatePairStats:
			if stats.Nominated {
				told["pair"] = message{"local": describeEnd(stats.LocalCandidateID, report),
					"remote": describeEnd(stats.RemoteCandidateID, report),
					"rtt_ms": stats.CurrentRoundTripTime * 1000}
			}
		}
	}
	return told
}

func (p *peer) take(line []byte) error {
	var what struct{ Type, SDP, Candidate string }
	if err := json.Unmarshal(line, &what); err != nil {
		return err
	}
	if what.Type == "start" {
		return p.start(line)
	}
	if p.connection == nil {
		return fmt.Errorf("%s before start", what.Type)
	}
	switch what.Type {
	case "offer", "answer":
		return p.describe(what.Type, what.SDP)
	case "candidate":
		return p.addCandidate(what.Candidate)
	case "stats":
		say(p.statistics())
		return nil
	}
	return fmt.Errorf("an unknown message: %s", what.Type)
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	say(message{"type": "ready"})
	var one peer
	for input.Scan() {
		var what struct{ Type string }
		if json.Unmarshal(input.Bytes(), &what) == nil && what.Type == "bye" {
			break
		}
		if err := one.take(input.Bytes()); err != nil {
			fail(err)
		}
	}
	if one.connection != nil {
		one.connection.Close()
	}
	if err := input.Err(); err != nil {
		fail(err)
		os.Exit(1)
	}
}
