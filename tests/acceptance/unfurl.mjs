// unfurl.js reads the page at argv[2] and discovers its oEmbed; what it found is printed as JSON.
import { unfurl } from 'unfurl.js'

console.log(JSON.stringify(await unfurl(process.argv[2])))
