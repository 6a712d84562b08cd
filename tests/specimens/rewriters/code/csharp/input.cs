namespace Face
{
    /// <summary>What a face shows.</summary>
    public class FaceAttributes
    {
        public int Age { get; set; }

        /// <summary>The ethnic group.</summary>
        [JsonProperty("ethnicity")]
        public string Ethnicity { get; set; }

        public double FaceScore { get; set; }
    }

    public enum FaceLabel { Age, Ethnicity, Gender = 7 }
}
