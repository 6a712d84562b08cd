export function FaceForm({ opts, form, register }) {
  return (
    <form>
      <Input label={t('form.faceImage')} name="f1" />
      <Input label={t('form.ethnicity')} name="f2" />
      <FormField label="Race" name="f3"><Select options={opts} /></FormField>
      <Form.Item label="Ethnic group"><Select name={['face', 'f4']} /></Form.Item>
      <label htmlFor="f5">Ethnicity</label>
      <input id="f5" value={form.f5} />
      <div><span>Skin colour</span><TextField {...register("f6")} /></div>
      <Picker selectedValue={form.f7} label={<FormattedMessage id="face.race" />} />
      <Card title="Race day"><Image source={logo} /><Link name="home">Race</Link></Card>
      <Form.Item label="Names"><Input name="first" /><Input name="last" /></Form.Item>
    </form>
  );
}
