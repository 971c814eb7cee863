import Console
import Domain
import Fit

extension FitOutput {
  private struct Document: Encodable {
    let schema = "hubwatch.fit/1"
    let device: DeviceFacts
    /// With several devices side by side: all of them; each candidate then names its own.
    let devices: [DeviceFacts]?
    let context: Int
    let kvType: String
    let models: [Model]
  }

  private struct DeviceFacts: Encodable {
    let name: String
    let vramBytes: Int64
    let freeBytes: Int64
    let source: String

    init(_ device: Device) {
      name = device.name
      vramBytes = device.total.bytes
      freeBytes = device.free.bytes
      source = device.source.rawValue
    }
  }

  private struct Model: Encodable {
    let id: String
    let architecture: String
    let parameters: Int64
    let verified: Bool
    let candidates: [Need]
  }

  private struct Need: Encodable {
    let quantization: String
    let file: String?
    let source: FitEvidence
    let device: String?
    let fileBytes: Int64
    let weightsBytes: Int64
    let kvBytes: Int64
    let stateBytes: Int64
    let computeBytes: Int64
    let overheadBytes: Int64
    let totalBytes: Int64
    let marginBytes: Int64
    let verdict: FitVerdict
    let fits: Bool
    let maxContext: Int
    let gpuLayers: Int
    let layers: Int
  }

  /// One document with every quantization of every model.
  ///
  /// - Throws: `EncodingError`.
  func json() throws -> String {
    let models = rows.map { row in
      Model(
        id: row.subject.id, architecture: row.subject.shape.architecture, parameters: row.subject.shape.parameters,
        verified: row.subject.isVerified,
        candidates: row.candidates.flatMap { candidate in
          zip(devices, candidate.estimates).map { device, estimate in
            need(candidate.offer, estimate, layers: row.subject.shape.layers, device: device)
          }
        })
    }
    guard let first = devices.first else { return "" }
    return try JSONOutput.document(
      Document(
        device: DeviceFacts(first), devices: devices.count > 1 ? devices.map(DeviceFacts.init) : nil,
        context: request.context, kvType: request.kvType.rawValue, models: models))
  }

  private func need(_ offer: FitSubject.Offer, _ estimate: Estimate, layers: Int, device: Device) -> Need {
    Need(
      quantization: offer.quantization, file: offer.file, source: offer.evidence,
      device: devices.count > 1 ? device.name : nil, fileBytes: offer.fileBytes,
      weightsBytes: estimate.weights.bytes, kvBytes: estimate.kvCache.bytes, stateBytes: estimate.state.bytes,
      computeBytes: estimate.compute.bytes, overheadBytes: estimate.overhead.bytes,
      totalBytes: estimate.total.bytes, marginBytes: estimate.margin.bytes, verdict: estimate.verdict,
      fits: estimate.fits, maxContext: estimate.maxContext, gpuLayers: estimate.gpuLayers, layers: layers)
  }
}
