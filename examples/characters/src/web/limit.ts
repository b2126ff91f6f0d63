// No request may be larger than one photo and the fields beside it. What is larger is not read to its end.
import { bodyLimit } from 'hono/body-limit'
import { maxPhotoBytes } from '../portrait/photo.ts'
import { Refused } from './submission.ts'

const fieldsBytes = 64 * 1024

export const photosLimit = bodyLimit({
  maxSize: maxPhotoBytes + fieldsBytes,
  onError: () => {
    throw new Refused('The reference photo is larger than 5 MB. Choose a smaller one.')
  },
})
