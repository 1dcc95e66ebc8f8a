// Google's own client for Node against the server at argv[2], with an editor's key in argv[3].
import assert from 'node:assert/strict'
import { factchecktools } from '@googleapis/factchecktools'

const [address, key] = process.argv.slice(2)
const service = factchecktools({ version: 'v1alpha1', auth: key, rootUrl: `${address}/` })

const found = []
let pageToken
do {
  const { data } = await service.claims.search({ query: 'crane', pageSize: 2, pageToken })
  found.push(...(data.claims ?? []))
  pageToken = data.nextPageToken
} while (pageToken)

const body = {
  pageUrl: 'https://checkers.example/node',
  publishDate: '2026-05-21',
  claimReviewAuthor: { name: 'Crane Checkers' },
  claimReviewMarkups: [
    { claimReviewed: 'The jib was inspected.', rating: { textualRating: 'False', ratingValue: 1 } },
    { claimReviewed: 'The jib was new.', rating: { textualRating: 'True' } }
  ]
}
const { data: made } = await service.pages.create({ requestBody: body })
assert.deepEqual(made, { ...body, name: made.name, versionId: '1' })
assert.deepEqual((await service.pages.get({ name: made.name })).data, made)
const { data: listed } = await service.pages.list({ organization: 'checkers.example' })
assert.deepEqual(listed, { claimReviewMarkupPages: [made] })

made.claimReviewMarkups.pop()
const { data: changed } = await service.pages.update({ name: made.name, requestBody: made })
assert.equal(changed.versionId, '2')
assert.equal(changed.claimReviewMarkups.length, 1)
await assert.rejects(service.pages.update({ name: made.name, requestBody: made }), { status: 409 })
assert.deepEqual((await service.pages.delete({ name: made.name })).data, {})
await assert.rejects(service.pages.get({ name: made.name }), /no such page of markup/)

await assert.rejects(service.claims.search({}), /Give a query/)
await assert.rejects(service.claims.imageSearch({ imageUri: 'https://herald.example/x.png' }), { status: 501 })
await assert.rejects(service.claims.search({ query: 'x', auth: 'wrong' }), /API key not valid/)

console.log(JSON.stringify(found.map((claim) => claim.text)))
