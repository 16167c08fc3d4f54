// The life of one TXT record by a vendor's own client: node clients.js alidns|dnspod|cloudflare PORT
//
// The clients believe that they speak to the vendor: only their sockets lead to PORT on this machine.
"use strict";
const http = require("http");
const net = require("net");

const [vendor, port] = process.argv.slice(2);
http.Agent.prototype.createConnection = () => net.connect({ host: "127.0.0.1", port: Number(port) });

const host = "_acme-challenge.www", value = "gfj9Xq-Rg85nM0123456789abcdefghijklmnopqrst";
// from the longest suffix to the one that is a zone
const domains = ["_acme-challenge.www.example.com", "www.example.com", "example.com"];
const within = (domain) => `${host}.example.com`.slice(0, -domain.length - 1) || "@";

async function search(find) {
  for (const domain of domains) {
    const found = await find(domain).catch((error) => {
      if (domain === "example.com") throw error;
    });
    if (found !== undefined) return found;
  }
}

// looked for, made, looked for again, taken away by what was found, looked for again
async function live(find, create, remove) {
  if (await search(find)) throw new Error("it is there already");
  await create();
  const id = await search(find);
  if (!id) throw new Error("it was not made");
  await remove(id);
  if (await search(find)) throw new Error("it was not taken away");
}

async function alidns() {
  const alidns = require("@alicloud/alidns20150109");
  const client = new alidns.default({ accessKeyId: "testAK", accessKeySecret: "testSecret", endpoint: "alidns.aliyuncs.com",
    protocol: "HTTP" });
  await live(
    async (domainName) => {
      const answer = await client.describeDomainRecords(new alidns.DescribeDomainRecordsRequest({ domainName, pageSize: 500,
        RRKeyWord: within(domainName), typeKeyWord: "TXT", valueKeyWord: value }));
      const record = answer.body.domainRecords.record.find((r) => r.value === value);
      return record ? record.recordId : null;
    },
    () => client.addDomainRecord(new alidns.AddDomainRecordRequest({ domainName: "example.com", RR: host, type: "TXT", value })),
    (recordId) => client.deleteDomainRecord(new alidns.DeleteDomainRecordRequest({ recordId })));
}

async function dnspod() {
  const { dnspod } = require("tencentcloud-sdk-nodejs-dnspod");
  const client = new dnspod.v20210323.Client({ credential: { secretId: "testSecretId", secretKey: "testSecretKey" },
    profile: { httpProfile: { endpoint: "dnspod.tencentcloudapi.com", protocol: "http://" } } });
  await live(
    async (Domain) => {
      try {
        const answer = await client.DescribeRecordList({ Domain, Subdomain: within(Domain), RecordType: "TXT", Limit: 3000 });
        const record = answer.RecordList.find((r) => r.Value === value);
        return record ? record.RecordId : null;
      } catch (error) {
        if (error.code === "ResourceNotFound.NoDataOfRecord") return null;
        throw error;
      }
    },
    () => client.CreateRecord({ Domain: "example.com", SubDomain: host, RecordType: "TXT", RecordLine: "默认", Value: value }),
    (RecordId) => client.DeleteRecord({ Domain: "example.com", RecordId }));
}

async function cloudflare() {
  const { Cloudflare } = require("cloudflare");
  const client = new Cloudflare({ apiToken: "testToken", baseURL: `http://127.0.0.1:${port}/client/v4`, maxRetries: 0 });
  const zones = {};
  await live(
    async (domain) => {
      const [zone] = (await client.zones.list({ name: domain })).result;
      if (!zone) throw new Error("no zone");
      zones.found = zone.id;
      const list = await client.dns.records.list({ zone_id: zone.id, name: { exact: `${host}.example.com` }, type: "TXT" });
      const record = list.result.find((r) => r.content === `"${value}"`);
      return record ? record.id : null;
    },
    () => client.dns.records.create({ zone_id: zones.found, type: "TXT", name: `${host}.example.com`, content: `"${value}"`,
      ttl: 120 }),
    (id) => client.dns.records.delete(id, { zone_id: zones.found }));
}

({ alidns, dnspod, cloudflare })[vendor]().catch((error) => {
  console.error(error);
  process.exit(1);
});
