// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// scrapePatience limits how long a scrape waits for the cache, which takes noticeable time only while it syncs.
const scrapePatience = 5 * time.Second

// objectCollector counts the Calls and CallProviders in the cache by state, so a restart loses nothing. Only the leading
// replica reports them, so that replicas can be summed.
type objectCollector struct {
	calls *callTally
	// reader reads CallProviders from the cache.
	reader client.Reader
	// leading is closed once this replica leads.
	leading <-chan struct{}
	now     func() time.Time
	log     logr.Logger
}

var (
	callsDesc = prometheus.NewDesc("call_operator_calls",
		"Calls that there are, by phase.", []string{"phase"}, nil)
	waitingDesc = prometheus.NewDesc("call_operator_calls_waiting",
		"Calls that are not known to be placed or taken yet, by what they wait for, as status.waiting.reason has it. WaitingForCapacity is waiting for a slot of the caller number.", []string{"reason"}, nil)
	oldestDesc = prometheus.NewDesc("call_operator_calls_waiting_oldest_seconds",
		"For how long the Call that has waited for longest has waited for the same thing, by what it waits for; 0 when none does.", []string{"reason"}, nil)
	slotsInUseDesc = prometheus.NewDesc("call_operator_slots_in_use",
		"Outbound Calls that hold a slot of their caller number, over all numbers.", nil, nil)
	slotsDesc = prometheus.NewDesc("call_operator_slots_limit",
		"Slots that there are: the maxConcurrentCalls of all numbers of all CallProviders.", nil, nil)
	providersDesc = prometheus.NewDesc("call_operator_providers",
		"CallProviders, by whether they can be used: true or false.", []string{"ready"}, nil)
)

// Describe implements prometheus.Collector.
func (c *objectCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{callsDesc, waitingDesc, oldestDesc, slotsInUseDesc, slotsDesc, providersDesc} {
		descs <- desc
	}
}

// Collect implements prometheus.Collector.
func (c *objectCollector) Collect(metrics chan<- prometheus.Metric) {
	select {
	case <-c.leading:
	default:
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
	defer cancel()
	if err := c.collect(ctx, metrics); err != nil {
		// The other metrics are useful without these.
		c.log.Error(err, "reading the cache for metrics")
	}
}

func (c *objectCollector) collect(ctx context.Context, metrics chan<- prometheus.Metric) error {
	c.calls.census(c.now()).emit(metrics)
	var providers v1alpha1.CallProviderList
	if err := c.reader.List(ctx, &providers, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	countProviders(providers.Items).emit(metrics)
	return nil
}

// providerCensus is a snapshot of the numbers of CallProviders.
type providerCensus struct {
	ready, notReady, slots int
}

func countProviders(providers []v1alpha1.CallProvider) (census providerCensus) {
	// A number in two providers counts once, as in the dial queue.
	limits := map[v1alpha1.PhoneNumber]int{}
	for i := range providers {
		provider := &providers[i]
		if meta.IsStatusConditionTrue(provider.Status.Conditions, v1alpha1.ConditionReady) {
			census.ready++
		} else {
			census.notReady++
		}
		for j := range provider.Spec.Numbers {
			number := &provider.Spec.Numbers[j]
			limits[number.PhoneNumber] = max(limits[number.PhoneNumber], number.Limit())
		}
	}
	for _, limit := range limits {
		census.slots += limit
	}
	return census
}

func (c providerCensus) emit(metrics chan<- prometheus.Metric) {
	metrics <- gauge(providersDesc, float64(c.ready), "true")
	metrics <- gauge(providersDesc, float64(c.notReady), "false")
	metrics <- gauge(slotsDesc, float64(c.slots))
}

func gauge(desc *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}
