// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package pbx runs a real Asterisk with real SIP phones on loopback addresses, for tests and for trying things out. It needs neither
// root nor a container.
//
// A PBX is an Asterisk with a telephone network behind its trunk. The network is SIPp: the last three digits of a number say what
// its phone does.
//
//	200 ... 209   rings, and answers after 0.25 s, 1.25 s ... 9.25 s; it talks until somebody else hangs up
//	210           answers after 0.25 s, and hangs up a second later
//	180, 183      rings, or sends early media, for ever
//	000           says nothing at all
//	others        refuses with that SIP status: see Refusals
//
// A Phone is a baresip that registers at Asterisk. It plays a tone, and records what it hears, so that a test can tell who hears whom.
//
// Endpoints of Asterisk: PJSIP/NUMBER@trunk is the network, PJSIP/NUMBER@dead a network that is down, PJSIP/ada a phone.
// PJSIP/NUMBER@carrier calls whom the number belongs to, over SIP: a phone, an incoming call of this same Asterisk (Options.Numbers),
// or the network.
//
// All processes end with the one that started them, however it ends (on Linux).
package pbx
