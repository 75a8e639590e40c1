"""The embedded models behind small protocols: encoder, reader, question parser, extractor."""
